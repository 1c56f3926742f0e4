"""The guide sheet of a template: how to fill it in, send it, read the answer and correct it."""

from ocop_api.adapters.spreadsheet.workbook import Guide, GuideTable
from ocop_api.bulk.columns import Column
from ocop_api.bulk.form_columns import format_of
from ocop_api.bulk.kinds.kind import AnyKind
from ocop_api.web.texts import Language

_STEPS = (
    (
        (
            "Điền vào trang đầu, mỗi dòng một đối tượng. Cột nền xanh đậm có dấu * là bắt buộc. Có thể đổi "
            "thứ tự hoặc bỏ cột không bắt buộc; không sửa tên cột."
        ),
        (
            "Fill in the first sheet, one thing per row. Dark green columns with * are required. Columns may "
            "be moved, and optional ones deleted; keep the headings as they are."
        ),
    ),
    (
        (
            "Ô có danh sách: chọn giá trị trong danh sách. Ngày ghi đủ ngày/tháng/năm (05/01/2026). Mã số, "
            "số điện thoại, GTIN đã định dạng văn bản để giữ số 0 ở đầu."
        ),
        (
            "Where there is a list, choose from it. Write days as day/month/year (05/01/2026). Codes, "
            "telephone numbers and GTINs are set as text so that leading zeros stay."
        ),
    ),
    (
        "Khi dán từ tệp khác, dùng “Dán giá trị” (Paste Values) để giữ định dạng và danh sách chọn.",
        "Paste from other files as values, so that formats and lists stay.",
    ),
    (
        "Gửi thử trước: chọn “chạy thử” (dry_run). Hệ thống kiểm tra mọi dòng và không lưu gì.",
        "Try first: with dry_run every row is checked and nothing is stored.",
    ),
    (
        "Xem kết quả từng dòng. Dòng lỗi không làm hỏng các dòng khác; dòng lưu có ghi chú vẫn nên xem lại.",
        "Read the result row by row. A wrong row does not touch the others; look at remarks on stored rows.",
    ),
    (
        (
            "Tải tệp các dòng bị từ chối, sửa ô nền đỏ theo ghi chú rồi gửi lại chính tệp đó. Các cột “Dòng "
            "gốc”, “Lỗi cần sửa”, “Gợi ý” được bỏ qua khi gửi lại."
        ),
        (
            "Download the rejected rows, correct the red cells as their comments say, and send that file "
            "again. Its columns of reasons are ignored."
        ),
    ),
    (
        (
            "Gửi lại cùng một tệp không tạo trùng: dòng đã có được cập nhật hoặc giữ nguyên. Ô trống không "
            "xóa dữ liệu đã có."
        ),
        "The same file twice makes no duplicates: known rows are updated or left. Empty cells erase nothing.",
    ),
)


def guide_of(kind: AnyKind, language: Language) -> Guide:
    """The guide of a kind, in both languages; the sheet's name follows the language asked for."""
    table = GuideTable(
        (
            ("Cột", 24),
            ("Bắt buộc", 10),
            ("Ý nghĩa", 42),
            ("Cách ghi", 28),
            ("Ví dụ", 26),
            ("Column [key]", 26),
            ("Meaning and format", 48),
        ),
        [_row(column) for column in kind.columns],
    )
    return Guide(
        name="Hướng dẫn" if language == "vi" else "Guide",
        title=f"Nhập dữ liệu: {kind.title_vi} — Import: {kind.title_en}",
        steps_heading=("Cách làm", "How to"),
        steps=(*_STEPS, (kind.natural_key_vi, kind.natural_key_en)),
        tables=[("Các cột — Columns", table)],
    )


def _row(column: Column) -> tuple[str, ...]:
    written_vi, written_en = format_of(column)
    needed = "Có" if column.required else ""
    if column.choices:
        offered = ", ".join(choice.title_vi for choice in column.choices)
        written_vi = f"{written_vi}: {offered}"
    return (
        column.title_vi,
        needed,
        column.help_vi,
        written_vi,
        column.example,
        f"{column.title_en} [{column.name}]",
        f"{'Required. ' if column.required else ''}{column.help_en} {written_en}.".strip(),
    )
