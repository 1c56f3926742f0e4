"""The sheet to fill in: one row for each criterion, points and star minimums by formula."""

from collections.abc import Mapping, Sequence
from typing import Final

from xlsxwriter.utility import xl_col_to_name, xl_range, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from ocop_api.domain.rubric.criteria import (
    CriteriaSet,
    Criterion,
    EditionHeader,
    GateEffect,
    Group,
    Note,
    Part,
)
from ocop_api.scoring.papers.choices import asks
from ocop_api.scoring.papers.wording import GATE_EFFECTS, bands_of, legal_basis
from ocop_api.scoring.papers.workbook_options import MET, MISSED, OptionPlaces
from ocop_api.scoring.papers.workbook_style import Style, height, paper

FORM_SHEET: Final = "Phiếu chấm"
YES: Final = "Có"
_NO: Final = "Không"
_CODE, _TEXT, _CHOICE, _POINTS, _MAX, _STARS = range(6)
_WIDTHS: Final = (13, 46, 60, 9, 9)
_STAR_WIDTH, _REMARK_WIDTH = 10, 28
_RESULT_ROW: Final = 4
_HEAD_ROW: Final = 5


class FillSheet:
    """Writes the sheet once, from top to bottom; then the results, which need all places known."""

    def __init__(
        self,
        sheet: Worksheet,
        style: Style,
        header: EditionHeader,
        criteria_set: CriteriaSet,
        places: Mapping[str, OptionPlaces],
    ) -> None:
        self._sheet = sheet
        self._style = style
        self._header = header
        self._set = criteria_set
        self._places = places
        self._remark = _STARS + len(header.ladder)
        self._row = _HEAD_ROW
        self._group_spans: list[tuple[int, int]] = []
        # Gates stand below the criteria, yet a criterion's formula asks for them: their rows are known ahead.
        rows = sum(1 + sum(1 + len(group.criteria) for group in part.groups) for part in criteria_set.parts)
        first = _HEAD_ROW + 1 + rows + 2
        self._gate_cells = {
            gate: _cell(first + place, _CHOICE) for place, gate in enumerate(criteria_set.gates)
        }

    def write(self) -> None:
        """Write everything."""
        self._columns()
        self._top()
        totals = [self._part(part) for part in self._set.parts]
        last = self._row
        self._row += 1
        self._gates()
        self._results(totals, last)
        self._sheet.freeze_panes(_HEAD_ROW + 1, 2)
        self._sheet.repeat_rows(_HEAD_ROW)
        paper(
            self._sheet,
            footer=f"Phiếu chấm điểm - Bộ {self._set.number}: {self._set.text.vi} - {self._set.edition}",
        )

    def _columns(self) -> None:
        widths = (*_WIDTHS, *(_STAR_WIDTH for _ in self._header.ladder), _REMARK_WIDTH)
        for index, width in enumerate(widths):
            self._sheet.set_column(index, index, width)

    def _top(self) -> None:
        sheet, style, last = self._sheet, self._style, self._remark
        sheet.merge_range(
            0, 0, 0, last, f"PHIẾU CHẤM ĐIỂM - Bộ {self._set.number}: {self._set.text.vi}", style.title
        )
        sheet.set_row(0, 24)
        basis = f"{legal_basis(self._header)} ({self._set.edition}). Chỉ nhập vào các ô nền vàng."
        sheet.merge_range(1, 0, 1, last, basis, style.subtitle)
        for row, left, right in ((2, "Sản phẩm:", "Chủ thể:"), (3, "Thành viên:", "Ngày chấm:")):
            sheet.set_row(row, 20)
            sheet.write_string(row, _CODE, left, style.label)
            sheet.write_blank(row, _TEXT, None, style.entry_text)
            sheet.write_string(row, _CHOICE, right, style.label)
            sheet.merge_range(row, _POINTS, row, last, "", style.entry_text)
        titles = (
            ["Mã", "Tiêu chí", "Phương án được chọn", "Điểm", "Tối đa"]
            + [f"Tối thiểu {star} sao" for star in self._header.ladder]
            + ["Ghi chú, lý do"]
        )
        sheet.set_row(_HEAD_ROW, 32)
        for index, title in enumerate(titles):
            sheet.write_string(_HEAD_ROW, index, title, style.heading)

    def _next(self) -> int:
        self._row += 1
        return self._row

    def _part(self, part: Part) -> str:
        """Write a part; gives the cell of its points."""
        row, style = self._next(), self._style
        subtotals = [self._group(group) for group in part.groups]
        self._summary(
            row, (part.code, f"PHẦN {part.code}. {part.text.vi.upper()}"), float(part.max), subtotals
        )
        self._sheet.set_row(row, 20)
        for column in range(_STARS, self._remark + 1):
            self._sheet.write_blank(row, column, None, style.part)
        return _cell(row, _POINTS)

    def _summary(self, row: int, words: tuple[str, str], most: float, cells: Sequence[str]) -> None:
        style = self._style
        self._sheet.write_string(row, _CODE, words[0], style.part_points)
        self._sheet.write_string(row, _TEXT, words[1], style.part)
        self._sheet.write_blank(row, _CHOICE, None, style.part)
        self._sheet.write_formula(row, _POINTS, "=" + "+".join(cells), style.part_points, 0)
        self._sheet.write_number(row, _MAX, most, style.part_points)

    def _group(self, group: Group) -> str:
        """Write a group; gives the cell of its points."""
        row, style, sheet = self._next(), self._style, self._sheet
        words = _with_notes(group.text.vi, group.notes)
        sheet.set_row(row, height([words], [_WIDTHS[_TEXT] + _WIDTHS[_CHOICE]]))
        sheet.write_string(row, _CODE, group.code, style.group_points)
        sheet.merge_range(row, _TEXT, row, _CHOICE, words, style.group)
        first, last = row + 1, row + len(group.criteria)
        self._group_spans.append((first, last))
        total = f"=SUM({xl_range(first, _POINTS, last, _POINTS)})"
        sheet.write_formula(row, _POINTS, total, style.group_points, 0)
        sheet.write_number(row, _MAX, float(group.max), style.group_points)
        for column in range(_STARS, self._remark + 1):
            sheet.write_blank(row, column, None, style.group)
        for criterion in group.criteria:
            self._criterion(criterion)
        return _cell(row, _POINTS)

    def _criterion(self, criterion: Criterion) -> None:
        row, style, sheet = self._next(), self._style, self._sheet
        place = self._places[criterion.code]
        heading = "" if criterion.heading is None else f"{criterion.heading.vi}: "
        notes = [*criterion.notes, *(note for option in criterion.options for note in option.notes)]
        words = _with_notes(heading + criterion.text.vi, notes)
        sheet.set_row(row, height([words, "m" * place.longest], _WIDTHS[_TEXT : _CHOICE + 1]))
        sheet.write_string(row, _CODE, criterion.code, style.centre)
        sheet.write_string(row, _TEXT, words, style.text)
        sheet.write_blank(row, _CHOICE, None, style.entry)
        sheet.data_validation(
            row,
            _CHOICE,
            row,
            _CHOICE,
            {
                "validate": "list",
                "source": f"={place.labels}",
                "error_title": f"Tiêu chí {criterion.code}",
                "error_message": "Hãy chọn một phương án trong danh sách.",
            },
        )
        chosen, earned = _cell(row, _CHOICE), _cell(row, _POINTS)
        skipped = self._skipped(criterion.code)
        found = f'IFERROR(INDEX({place.points},MATCH({chosen},{place.labels},0)),"")'
        formula = f"=IF({skipped},0,{found})" if skipped else f"={found}"
        sheet.write_formula(row, _POINTS, formula, style.points, "")
        sheet.write_number(row, _MAX, float(criterion.max), style.centre)
        for index, asked in enumerate(asks(self._header, criterion)):
            column = _STARS + index
            if not asked:
                sheet.write_blank(row, column, None, style.group)
                continue
            reached = f"INDEX({place.reaches[index]},MATCH({chosen},{place.labels},0))"
            reached = f'IF({earned}="","?",{reached})'
            formula = f'=IF({skipped},"{MISSED}",{reached})' if skipped else f"={reached}"
            sheet.write_formula(row, column, formula, style.centre, "?")
        sheet.write_blank(row, self._remark, None, style.entry_text)

    def _skipped(self, code: str) -> str:
        """Formula that holds when a gate recorded takes the criterion out; empty when none can."""
        cells = [
            f'{self._gate_cells[gate.id]}="{YES}"'
            for gate in self._set.gates.values()
            if gate.effect is GateEffect.SKIP_CRITERION and code in self._set.gate_criteria[gate.id]
        ]
        return f"OR({','.join(cells)})" if len(cells) > 1 else "".join(cells)

    def _gates(self) -> None:
        sheet, style = self._sheet, self._style
        if not self._set.gates:
            return
        row = self._next()
        title = "CÁC TRƯỜNG HỢP LOẠI HỒ SƠ, DỪNG ĐÁNH GIÁ HOẶC KHÔNG CHẤM TIÊU CHÍ"
        sheet.merge_range(row, 0, row, self._remark, title, style.part)
        for gate in self._set.gates.values():
            row = self._next()
            criteria = self._set.gate_criteria[gate.id]
            at = f" (tiêu chí {', '.join(criteria)})" if criteria else ""
            sheet.set_row(row, height([gate.text.vi + at], [_WIDTHS[_TEXT]]))
            sheet.write_blank(row, _CODE, None, style.centre)
            sheet.write_string(row, _TEXT, gate.text.vi + at, style.text)
            sheet.write_string(row, _CHOICE, _NO, style.entry)
            sheet.data_validation(row, _CHOICE, row, _CHOICE, {"validate": "list", "source": [_NO, YES]})
            sheet.merge_range(row, _POINTS, row, self._remark - 1, GATE_EFFECTS[gate.effect], style.text)
            sheet.write_blank(row, self._remark, None, style.entry_text)

    def _results(self, parts: Sequence[str], last: int) -> None:
        sheet, style, header = self._sheet, self._style, self._header
        row = self._row = self._row + 2
        sheet.merge_range(row, 0, row, self._remark, "KẾT QUẢ", style.part)
        row = self._next()
        self._summary(row, ("", "TỔNG ĐIỂM"), float(header.total), parts)
        total = _cell(row, _POINTS)
        blanks = [f"COUNTBLANK({xl_range(a, _POINTS, b, _POINTS)})" for a, b in self._group_spans]
        missing = self._line("Số tiêu chí chưa chấm", "=" + "+".join(blanks), len(self._set.criteria))
        band = f"{header.bands[-1].star}"
        for one in reversed(header.bands[:-1]):
            band = f"IF({total}>={one.points_from},{one.star},{band})"
        band_cell = self._line("Khung điểm thuộc hạng (sao)", f"={band}", header.bands[-1].star)
        star = f"{header.recognised_from - 1}"
        floors = {one.star: one.points_from for one in header.bands}
        for place, rung in enumerate(header.ladder):
            column = xl_col_to_name(_STARS + place)
            count = f'=COUNTIF({column}{_HEAD_ROW + 2}:{column}{last + 1},"{MISSED}")'
            missed = self._line(f"Số mức tối thiểu {rung} sao chưa đạt", count, 0)
            star = f"IF(AND({total}>={floors[rung]},{missed}=0),{rung},{star})"
        star = f"IF({band_cell}<{header.recognised_from},{band_cell},{star})"
        verdict = f'IF({missing}>0,"Chưa chấm đủ",{star})'
        for effect in (GateEffect.STOP_EVALUATION, GateEffect.DISQUALIFY_DOSSIER):
            cells = [
                f'{self._gate_cells[gate.id]}="{YES}"'
                for gate in self._set.gates.values()
                if gate.effect is effect
            ]
            if cells:
                verdict = f'IF(OR({",".join(cells)}),"{GATE_EFFECTS[effect]}",{verdict})'
        final = self._line("HẠNG DỰ KIẾN (sao)", f"={verdict}", "Chưa chấm đủ")
        sheet.set_row(_RESULT_ROW, 22)
        sheet.write_string(_RESULT_ROW, _CODE, "TỔNG ĐIỂM", style.result)
        sheet.write_formula(_RESULT_ROW, _TEXT, f"={total}", style.result_points, 0)
        said = f'=IF(ISNUMBER({final}),"Hạng dự kiến: "&{final}&" sao","Hạng dự kiến: "&{final})'
        sheet.write_formula(_RESULT_ROW, _CHOICE, said, style.result, "Hạng dự kiến: Chưa chấm đủ")
        open_ = f'="Còn "&{missing}&" tiêu chí chưa chấm"'
        sheet.merge_range(_RESULT_ROW, _POINTS, _RESULT_ROW, self._remark, "", style.result)
        value = f"Còn {len(self._set.criteria)} tiêu chí chưa chấm"
        sheet.write_formula(_RESULT_ROW, _POINTS, open_, style.result, value)
        self._bands()
        self._signature()
        stars = (_HEAD_ROW + 1, _STARS, last, self._remark - 1)
        for word, look in ((MET, style.met), (MISSED, style.missed), ("?", style.open)):
            rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": look}
            sheet.conditional_format(*stars, rule)

    def _line(self, label: str, formula: str, value: object) -> str:
        """A line of the results; gives its cell."""
        row, style = self._next(), self._style
        self._sheet.merge_range(row, _CODE, row, _CHOICE, label, style.text)
        self._sheet.merge_range(row, _POINTS, row, _MAX, "", style.points)
        self._sheet.write_formula(row, _POINTS, formula, style.points, value)
        return _cell(row, _POINTS)

    def _bands(self) -> None:
        row = self._next()
        said = "; ".join(f"{star} sao: {text[0].lower()}{text[1:]}" for star, text in bands_of(self._header))
        words = (
            f"Khung điểm: {said}. Hạng dự kiến tính mức tối thiểu của cả các hạng thấp hơn; "
            "kết quả chính thức do Hội đồng kết luận trên hệ thống."
        )
        self._sheet.set_row(row, 32)
        self._sheet.merge_range(row, 0, row, self._remark, words, self._style.subtitle)

    def _signature(self) -> None:
        row = self._row = self._row + 2
        words = "THÀNH VIÊN HỘI ĐỒNG\n(Ký, ghi rõ họ tên)"
        self._sheet.set_row(row, 90)
        self._sheet.merge_range(row, _POINTS, row, self._remark, words, self._style.subtitle)


def _cell(row: int, column: int) -> str:
    cell: str = xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)
    return cell


def _with_notes(text: str, notes: Sequence[Note]) -> str:
    return "\n".join([text, *(f"({note.text.vi})" for note in notes)])
