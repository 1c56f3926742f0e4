"""The criteria as forms to print and to fill in."""

import io
import re
import unicodedata
from collections.abc import Callable

import httpx
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from pypdf import PdfReader
from xlsxwriter.utility import xl_range

from ocop_api.domain.rubric.criteria import NONE_REACHED, CriteriaSet, EditionHeader, GateEffect, Problem
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.scoresheet import Scoresheet
from ocop_api.domain.rubric.stars import evaluate
from ocop_api.scoring.papers.choices import choice_rows
from ocop_api.scoring.papers.printing import form_pdf
from ocop_api.scoring.papers.wording import bands_of, problem_text
from ocop_api.scoring.papers.workbook import form_workbook
from ocop_api.settings import DatabaseSettings, Settings

SETS = [("qd26-2026", 13), ("qd26-2026", 26), ("qd148-2023", 7)]


@pytest.fixture
def settings() -> Settings:
    """No database at all: whatever is answered here needs none."""
    return Settings(database=DatabaseSettings(url="postgresql+asyncpg://nobody@127.0.0.1:1/none"))


def url(edition: str = "qd26-2026", number: int = 13, form: str = "pdf") -> str:
    return f"/v1/editions/{edition}/sets/{number}/form.{form}"


def plain(text: str) -> str:
    """Letters and figures only: a printed line may break anywhere between words."""
    return re.sub(r"\W", "", unicodedata.normalize("NFC", text)).casefold()


@pytest.mark.parametrize(("edition_code", "number"), SETS)
def test_the_printed_form_holds_the_whole_set(edition_code: str, number: int) -> None:
    edition = load_edition(edition_code)
    criteria_set = edition.criteria_set(number)
    reader = PdfReader(io.BytesIO(form_pdf(edition, criteria_set)))
    pages = [page.extract_text() for page in reader.pages]
    assert 4 <= len(pages) <= 9
    assert [page.mediabox.height > page.mediabox.width for page in reader.pages] == [True] * len(pages)
    for page, text in enumerate(pages, start=1):
        assert f"Trang {page}/{len(pages)}" in text
        assert edition_code in text
    whole = "\n".join(pages)
    lines = [line.strip() for line in whole.splitlines()]
    letters = plain(whole)
    for said in ("PHIẾU CHẤM ĐIỂM", "Độc lập - Tự do - Hạnh phúc", criteria_set.text.vi, edition.legal_basis):
        assert plain(said) in letters
    for code, criterion in criteria_set.criteria.items():
        assert any(line == code or line.startswith(f"{code} ") for line in lines), code
        assert plain(criterion.text.vi) in letters
        for case in criterion.cases:
            assert plain(case.text.vi) in letters
        for option in criterion.options:
            # Kerned horns are told twice by the reader, so a run of the same letter counts as one.
            assert _runs(plain(option.text.vi)) in _runs(letters), (code, option.level)
    points = [option.points for criterion in criteria_set.criteria.values() for option in criterion.options]
    none = sum(NONE_REACHED in criterion.levels() for criterion in criteria_set.criteria.values())
    printed = [int(line) for line in re.findall(r"(?:^| )(\d{1,2})$", whole, re.MULTILINE)]
    assert len(printed) >= len(points) + none
    assert whole.count("Không đạt mức nào nêu trên") == none
    for problem in criteria_set.problems:
        assert _runs(plain(problem_text(problem))) in _runs(letters)
    for gate in criteria_set.gates.values():
        assert _runs(plain(gate.text.vi)) in _runs(letters)


def _runs(text: str) -> str:
    return re.sub(r"(.)\1+", r"\1", text)


@pytest.mark.parametrize(
    ("form", "media_type", "disposition", "make"),
    [
        ("pdf", "application/pdf", "inline", form_pdf),
        (
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "attachment",
            form_workbook,
        ),
    ],
)
async def test_a_form_is_public_and_kept_by_caches(
    client: httpx.AsyncClient,
    form: str,
    media_type: str,
    disposition: str,
    make: Callable[[EditionHeader, CriteriaSet], bytes],
) -> None:
    first = await client.get(url(form=form))
    assert (first.status_code, first.headers["content-type"]) == (200, media_type)
    assert first.headers["cache-control"] == "public, max-age=86400"
    name = f"phieu-cham-diem-qd26-2026-bo-13.{form}"
    assert first.headers["content-disposition"] == f'{disposition}; filename="{name}"'
    again = await client.get(url(form=form), headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    edition = load_edition("qd26-2026")
    assert make(edition, edition.criteria_set(13)) == first.content


def criterion_rows(sheet: Worksheet) -> dict[str, int]:
    """Rows of the criteria by code: a code, and an open cell to choose in."""
    return {
        str(sheet.cell(row, 1).value): row
        for row in range(7, sheet.max_row + 1)
        if sheet.cell(row, 1).value and not sheet.cell(row, 3).protection.locked
    }


@pytest.mark.parametrize(("edition_code", "number"), SETS)
def test_every_criterion_offers_its_options_and_earns_points_by_formula(
    edition_code: str, number: int
) -> None:
    edition = load_edition(edition_code)
    criteria_set = edition.criteria_set(number)
    book = openpyxl.load_workbook(io.BytesIO(form_workbook(edition, criteria_set)))
    assert book.sheetnames == ["Phiếu chấm", "Phương án", "Hướng dẫn"]
    form, options = book["Phiếu chấm"], book["Phương án"]
    assert all(sheet.protection.sheet and not sheet.protection.password for sheet in book.worksheets)
    assert (form.page_setup.paperSize, form.print_title_rows) == (9, "$6:$6")
    rows = criterion_rows(form)
    assert list(rows) == list(criteria_set.criteria)
    sources = {str(check.sqref): check.formula1 for check in form.data_validations.dataValidation}
    for code, criterion in criteria_set.criteria.items():
        source = sources[f"C{rows[code]}"]
        first, last = (int(line) for line in re.findall(r"\$H\$(\d+)", source))
        offered = [(options.cell(row, 8).value, options.cell(row, 6).value) for row in range(first, last + 1)]
        expected = choice_rows(edition, criterion)
        assert offered == [(choice.label, int(choice.points)) for choice in expected]
        assert len({label for label, _ in offered}) == len(offered)
        earned = form.cell(rows[code], 4)
        assert f"MATCH($C${rows[code]},'Phương án'!$H${first}:$H${last},0)" in earned.value
        assert earned.protection.locked
        assert form.cell(rows[code], 5).value == int(criterion.max)
        skips = any(
            gate.effect is GateEffect.SKIP_CRITERION and code in criteria_set.gate_criteria[gate.id]
            for gate in criteria_set.gates.values()
        )
        assert earned.value.startswith("=IF($C$") is skips
    for group in (group for part in criteria_set.parts for group in part.groups):
        first, last = rows[group.criteria[0].code], rows[group.criteria[-1].code]
        assert form.cell(first - 1, 4).value == f"=SUM({xl_range(first - 1, 3, last - 1, 3)})"


@pytest.mark.parametrize(("edition_code", "number"), SETS)
def test_the_options_reach_the_minimums_the_engine_sees_reached(edition_code: str, number: int) -> None:
    edition = load_edition(edition_code)
    for code, criterion in edition.criteria_set(number).criteria.items():
        for choice in choice_rows(edition, criterion):
            case = next((case.number for case in criterion.cases if case.text.vi == choice.case), None)
            chosen = choice.level if case is None else (case, choice.level)
            found = evaluate(Scoresheet.of(edition_code, number, {code: chosen}))
            assert found.total == choice.points
            met = [
                next((m.met for m in check.minimums if m.criterion == code), None) for check in found.checks
            ]
            assert list(choice.reaches) == met, (code, choice.label)


@pytest.mark.parametrize("form", ["pdf", "xlsx"])
async def test_unknown_set_is_not_found(client: httpx.AsyncClient, form: str) -> None:
    answer = await client.get(url(number=27, form=form))
    assert (answer.status_code, answer.json()["code"]) == (404, "rubric.unknown_set")


def test_every_known_problem_is_told_in_vietnamese_and_an_unknown_one_as_it_stands() -> None:
    for edition_code in ("qd148-2023", "qd26-2026"):
        for criteria_set in load_edition(edition_code).sets.values():
            for problem in criteria_set.problems:
                assert problem.what not in problem_text(problem)
    assert problem_text(Problem("something else", criterion="2.1")) == "Tiêu chí 2.1: something else"


def test_bands_are_told_without_gap_or_overlap() -> None:
    assert bands_of(load_edition("qd26-2026")) == [
        (5, "Từ 90 đến 100 điểm"),
        (4, "Từ 70 đến dưới 90 điểm"),
        (3, "Từ 50 đến dưới 70 điểm"),
        (2, "Từ 30 đến dưới 50 điểm"),
        (1, "Dưới 30 điểm"),
    ]
