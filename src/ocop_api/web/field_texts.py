"""What is wrong with one field, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from ocop_api.web.texts import Language, fill

# Kinds of errors of the schema library that a client meets; others fall back to a general sentence.
_FIELD_TEXTS: dict[str, str] = {
    "missing": "Thiếu trường bắt buộc.",
    "extra_forbidden": "Trường không được hỗ trợ.",
    "json_invalid": "Nội dung không phải JSON hợp lệ.",
    "string_too_short": "Văn bản quá ngắn, cần ít nhất {min_length} ký tự.",
    "string_too_long": "Văn bản quá dài, nhiều nhất {max_length} ký tự.",
    "string_type": "Phải là văn bản.",
    "string_pattern_mismatch": "Không đúng định dạng.",
    "int_parsing": "Phải là số nguyên.",
    "int_type": "Phải là số nguyên.",
    "bool_parsing": "Phải là true hoặc false.",
    "decimal_parsing": "Phải là số.",
    "greater_than_equal": "Giá trị quá nhỏ, phải từ {ge} trở lên.",
    "greater_than": "Giá trị quá nhỏ, phải lớn hơn {gt}.",
    "less_than_equal": "Giá trị quá lớn, nhiều nhất {le}.",
    "less_than": "Giá trị quá lớn, phải nhỏ hơn {lt}.",
    "enum": "Không thuộc các giá trị cho phép: {expected}.",
    "literal_error": "Không thuộc các giá trị cho phép: {expected}.",
    "uuid_parsing": "Mã định danh không đúng dạng UUID.",
    "date_from_datetime_parsing": "Ngày không hợp lệ (cần dạng YYYY-MM-DD).",
    "date_parsing": "Ngày không hợp lệ (cần dạng YYYY-MM-DD).",
    "too_short": "Danh sách quá ngắn, cần ít nhất {min_length} mục.",
    "too_long": "Danh sách quá dài, nhiều nhất {max_length} mục.",
    "model_attributes_type": "Phải là một đối tượng JSON.",
    "dict_type": "Phải là một đối tượng JSON.",
    "list_type": "Phải là một danh sách.",
}


def field_text(kind: str, english: str, context: Mapping[str, Any], language: Language) -> str:
    """The sentence for one kind of error; in English the library's own. ``context`` holds its bounds."""
    if language == "en":
        return english
    told = {name: _listed(value) for name, value in context.items()}
    return fill(_FIELD_TEXTS.get(kind, "Giá trị không hợp lệ."), told)


def _listed(value: Any) -> Any:
    # The library writes the values of an enumeration as an English list.
    return value.replace(" or ", " hoặc ") if isinstance(value, str) else value
