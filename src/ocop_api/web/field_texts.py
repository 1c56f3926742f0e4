"""What is wrong with one field, in the reader's language."""

from ocop_api.web.texts import Language

# Kinds of errors of the schema library that a client meets; others fall back to a general sentence.
_FIELD_TEXTS: dict[str, str] = {
    "missing": "Thiếu trường bắt buộc.",
    "extra_forbidden": "Trường không được hỗ trợ.",
    "json_invalid": "Nội dung không phải JSON hợp lệ.",
    "string_too_short": "Văn bản quá ngắn.",
    "string_too_long": "Văn bản quá dài.",
    "string_type": "Phải là văn bản.",
    "string_pattern_mismatch": "Không đúng định dạng.",
    "int_parsing": "Phải là số nguyên.",
    "int_type": "Phải là số nguyên.",
    "bool_parsing": "Phải là true hoặc false.",
    "decimal_parsing": "Phải là số.",
    "greater_than_equal": "Giá trị quá nhỏ.",
    "greater_than": "Giá trị quá nhỏ.",
    "less_than_equal": "Giá trị quá lớn.",
    "less_than": "Giá trị quá lớn.",
    "enum": "Không thuộc các giá trị cho phép.",
    "literal_error": "Không thuộc các giá trị cho phép.",
    "uuid_parsing": "Mã định danh không đúng dạng UUID.",
    "date_from_datetime_parsing": "Ngày không hợp lệ (cần dạng YYYY-MM-DD).",
    "date_parsing": "Ngày không hợp lệ (cần dạng YYYY-MM-DD).",
    "too_short": "Danh sách quá ngắn.",
    "too_long": "Danh sách quá dài.",
    "model_attributes_type": "Phải là một đối tượng JSON.",
    "dict_type": "Phải là một đối tượng JSON.",
    "list_type": "Phải là một danh sách.",
}


def field_text(kind: str, english: str, language: Language) -> str:
    """The sentence for one kind of error; in English the library's own."""
    return english if language == "en" else _FIELD_TEXTS.get(kind, "Giá trị không hợp lệ.")
