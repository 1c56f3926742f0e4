"""Notices as letters: what has to be done by a day reaches people outside of the application too."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ocop_api.adapters.mail import Message
from ocop_api.notifications.wording import wording
from ocop_api.web.texts import Language

_FACTS: Mapping[str, tuple[str, str]] = {
    "product_code": ("Mã hồ sơ", "File"),
    "held_on": ("Ngày họp hoặc lấy ý kiến", "Meeting or opinions on"),
    "due_on": ("Hạn xử lý", "Due on"),
    "expires_on": ("Hết hiệu lực ngày", "Expires on"),
    "valid_until": ("Giấy chứng nhận hết hạn ngày", "Certificate ends on"),
}
_LAST_LINE = (
    "Đăng nhập để xem chi tiết: {link}",
    "Sign in to see more: {link}",
)


def notice_letter(kind: str, data: Mapping[str, Any], to: str, link: str) -> Message:
    """The letter about an event, in Vietnamese with the English below it."""
    parts = [_part(kind, data, link, language) for language in ("vi", "en")]
    return Message(to=to, subject=f"OCOP: {wording(kind, 'vi')}", text="\n\n---\n\n".join(parts) + "\n")


def _part(kind: str, data: Mapping[str, Any], link: str, language: Language) -> str:
    column = 0 if language == "vi" else 1
    lines = [wording(kind, language), ""]
    lines += [f"{names[column]}: {_said(data[key])}" for key, names in _FACTS.items() if data.get(key)]
    return "\n".join([*lines, _LAST_LINE[column].replace("{link}", link)])


def _said(value: Any) -> str:
    try:
        return date.fromisoformat(str(value)).strftime("%d/%m/%Y")
    except ValueError:
        return str(value)
