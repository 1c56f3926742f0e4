"""Facts that lists write into one cell: a whole address, a decision with its date."""

import re
from dataclasses import dataclass
from datetime import date

from ocop_api.domain.vietnamese import fold

_COMMUNE = {
    "xa": "Xã",
    "x": "Xã",
    "phuong": "Phường",
    "p": "Phường",
    "thi tran": "Thị trấn",
    "tt": "Thị trấn",
}
_DISTRICT = {
    "huyen": "Huyện",
    "h": "Huyện",
    "quan": "Quận",
    "q": "Quận",
    "thi xa": "Thị xã",
    "tx": "Thị xã",
    "thanh pho": "Thành phố",
    "tp": "Thành phố",
}
_PROVINCE = {"tinh": "", "t": "", "thanh pho": "Thành phố", "tp": "Thành phố"}
_PREFIX = re.compile(
    r"^(thị trấn|thị xã|thành phố|phường|huyện|quận|tỉnh|xã|tt|tx|tp|[xphqt](?=\.))(?:\s*\.\s*|\s+)(?=\S)",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*[,;\n]\s*|\s+[-–]\s+")
_ASIDE = re.compile(r"\([^()]*\)")
_WHOLE_ADDRESS = 3
"""Names without a word before them are commune, district and province when there are just so many."""

_NUMBER = re.compile(
    r"\d+(?:\s*/\s*\d{4})?\s*[/-]\s*QĐ(?:\s*[-–/]\s*[\w.&]+)*|(?<=số)\s*:?\s*\d+\S*", re.IGNORECASE
)
_DATE = re.compile(r"(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})")
_DATE_IN_WORDS = re.compile(r"ngày\s+(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AddressUnits:
    """The administrative units an address names, each as the register writes its kind; empty if none."""

    commune: str = ""
    district: str = ""
    province: str = ""


def units_of_address(text: str) -> AddressUnits:
    """The units at the end of an address: "Thôn 3, xã Đắk Wil, H. Cư Jút, tỉnh Đắk Nông".

    The last part is the province unless a word says that it is less. What stands before the units
    (village, street) is left out.
    """
    parts = [part for part in _SEPARATOR.split(_ASIDE.sub(" ", text).strip(" .")) if part]
    if not parts:
        return AddressUnits()
    found = {"commune": "", "district": "", "province": ""}
    kind, name = _part(parts[-1])
    if kind in _PROVINCE or not kind:
        found["province"] = _named(_PROVINCE, kind, name)
        parts = parts[:-1]
    for part in reversed(parts):
        kind, name = _part(part)
        if kind in _DISTRICT and not found["commune"] and not found["district"]:
            found["district"] = _named(_DISTRICT, kind, name)
        elif kind in _COMMUNE and not found["commune"]:
            found["commune"] = _named(_COMMUNE, kind, name)
        elif kind in _PROVINCE and not any(found.values()):
            found["province"] = _named(_PROVINCE, kind, name)
    if not found["commune"] and not found["district"] and len(parts) == _WHOLE_ADDRESS - 1:
        bare = [part for part in parts if not _part(part)[0] and not any(c.isdigit() for c in part)]
        if len(bare) == len(parts):
            found["commune"], found["district"] = bare
    return AddressUnits(**found)


def _part(text: str) -> tuple[str, str]:
    """The folded word that tells the kind of a unit (empty if there is none), and the name."""
    begun = _PREFIX.match(text)
    if begun is None:
        return "", text.strip()
    return fold(begun[1]), text[begun.end() :].strip()


def _named(words: dict[str, str], kind: str, name: str) -> str:
    return f"{words.get(kind, '')} {name}".strip()


def decision_parts(text: str) -> tuple[str, date | None]:
    """Number and date of a decision written together; the text itself when no number is in it.

    "Quyết định số 1887/QĐ-UBND ngày 16/6/2025" gives ("1887/QĐ-UBND", 2025-06-16).
    """
    written = _DATE.search(text) or _DATE_IN_WORDS.search(text)
    rest = text if written is None else text[: written.start()] + " " + text[written.end() :]
    number = _NUMBER.search(rest)
    if number is None:
        return text.strip(), _day(written)
    return re.sub(r"\s+", "", number[0]).strip(":,."), _day(written)


def _day(written: "re.Match[str] | None") -> date | None:
    if written is None:
        return None
    try:
        return date(int(written[3]), int(written[2]), int(written[1]))
    except ValueError:
        return None
