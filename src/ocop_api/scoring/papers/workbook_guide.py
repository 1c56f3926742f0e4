"""The sheet that explains the workbook, in Vietnamese."""

from typing import Final

from xlsxwriter.worksheet import Worksheet

from ocop_api.domain.rubric.criteria import CriteriaSet, EditionHeader
from ocop_api.scoring.papers.wording import bands_of, legal_basis, points, problem_text
from ocop_api.scoring.papers.workbook_style import Style, height, paper

_WIDTH: Final = 120
_STEPS: Final = (
    "Ở trang «Phiếu chấm», nhập tên sản phẩm, chủ thể, thành viên và ngày chấm vào các ô nền vàng.",
    (
        "Ở mỗi tiêu chí, bấm vào ô «Phương án được chọn» rồi chọn một dòng trong danh sách thả xuống. Điểm,"
        " cộng nhóm, cộng phần và tổng điểm tự tính."
    ),
    "Tiêu chí có nhiều trường hợp: chọn dòng thuộc đúng trường hợp của sản phẩm (Trường hợp 1 hoặc 2).",
    "Mức 0 «Không đạt mức nào nêu trên» dùng khi sản phẩm chưa đạt cả mức thấp nhất của tiêu chí.",
    (
        "Các cột «Tối thiểu … sao»: «Đạt» khi phương án đã chọn đạt mức tối thiểu của hạng đó; «Chưa đạt» khi"
        " thấp hơn; «?» khi chưa chấm; ô xám khi tiêu chí không đặt mức tối thiểu."
    ),
    "Trường hợp loại hồ sơ, dừng đánh giá hoặc không chấm tiêu chí: chọn «Có» và ghi lý do ở cột cuối.",
    (
        "«Hạng dự kiến» là hạng cao nhất mà tổng điểm thuộc khung và mọi mức tối thiểu (kể cả của hạng thấp"
        " hơn) đều đạt. Hội đồng có thể có quy chế khác; kết quả chính thức do hệ thống tính từ phiếu đã nộp."
    ),
    "Nội dung đầy đủ của từng phương án xem ở trang «Phương án».",
    "Các ô khác được khóa không mật khẩu để tránh sửa nhầm công thức.",
)


def write_guide(sheet: Worksheet, style: Style, header: EditionHeader, criteria_set: CriteriaSet) -> None:
    """Write the steps, the bands, the set's notes and what is known not to add up in its print."""
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, 1, _WIDTH)
    sheet.merge_range(0, 0, 0, 1, "HƯỚNG DẪN CHẤM ĐIỂM", style.title)
    sheet.set_row(0, 24)
    row = _block(sheet, style, 2, "Cách dùng", _STEPS)
    about = [f"Bộ sản phẩm số {criteria_set.number}: {criteria_set.text.vi}.", f"{legal_basis(header)}."]
    if criteria_set.samples_required:
        about.append(f"Số mẫu sản phẩm cần nộp: {criteria_set.samples_required}.")
    row = _block(sheet, style, row, "Bộ tiêu chí", about)
    row = _block(sheet, style, row, "Khung điểm", [f"{star} sao: {said}." for star, said in bands_of(header)])
    if criteria_set.notes:
        row = _block(
            sheet, style, row, "Ghi chú của bộ tiêu chí", [note.text.vi for note in criteria_set.notes]
        )
    if criteria_set.problems:
        problems = [f"{problem_text(problem)}." for problem in criteria_set.problems]
        if criteria_set.attainable != header.total:
            problems.append(f"Các phương án cho nhiều nhất {points(criteria_set.attainable)} điểm.")
        _block(sheet, style, row, "Lưu ý về bản in của bộ tiêu chí", problems)
    paper(sheet, footer=f"Hướng dẫn - Bộ {criteria_set.number} - {criteria_set.edition}")


def _block(sheet: Worksheet, style: Style, row: int, title: str, lines: list[str] | tuple[str, ...]) -> int:
    sheet.merge_range(row, 0, row, 1, title, style.part)
    for number, line in enumerate(lines, start=1):
        row += 1
        sheet.set_row(row, height([line], [_WIDTH]))
        sheet.write_number(row, 0, number, style.centre)
        sheet.write_string(row, 1, line, style.text)
    return row + 2
