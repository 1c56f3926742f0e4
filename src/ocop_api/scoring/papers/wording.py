"""Words of the scoring form that the criteria do not bring along, in Vietnamese."""

import re
from datetime import date
from decimal import Decimal
from typing import Final

from ocop_api.domain.rubric.criteria import CriteriaSet, EditionHeader, GateEffect, Problem

NONE_REACHED_TEXT: Final = "Không đạt mức nào nêu trên"
"""What an examiner ticks when not even the lowest printed option is reached."""

GATE_EFFECTS: Final = {
    GateEffect.DISQUALIFY_DOSSIER: "Loại hồ sơ",
    GateEffect.STOP_EVALUATION: "Dừng đánh giá",
    GateEffect.SKIP_CRITERION: "Không chấm tiêu chí (0 điểm)",
}

_PROBLEMS: Final = (
    (
        r"printed maximum (\d+), best option (\d+)",
        "điểm tối đa in là {0}, phương án cao nhất cho {1} điểm",
    ),
    (
        r"printed maximum (\d+), criteria give (\d+)",
        "điểm tối đa in là {0}, các tiêu chí cộng lại được {1} điểm",
    ),
    (
        r"printed maximum (\d+), groups give (\d+)",
        "điểm tối đa in là {0}, các nhóm tiêu chí cộng lại được {1} điểm",
    ),
    (
        r"points cell unreadable in the copy at hand; value inferred from the other sets",
        "ô điểm trong bản in không đọc được; điểm lấy theo các bộ tiêu chí khác",
    ),
    (
        r"no option list printed; yes/no inferred from the maximum",
        "bản in không liệt kê phương án; hai phương án có, không suy từ điểm tối đa",
    ),
    (
        r"printed with the same text as the option before it; wording inferred from the ladder",
        "bản in trùng lời với phương án trước; lời văn suy từ thứ bậc các phương án",
    ),
)
"""Findings the consistency check knows, as patterns, with the same said in Vietnamese."""


def points(value: Decimal) -> str:
    """A number of points as Vietnamese writes it: a comma before decimals, none when whole."""
    whole = value.to_integral_value()
    return f"{whole:f}" if value == whole else f"{value.normalize():f}".replace(".", ",")


def date_in_words(day: date) -> str:
    """A day as 05/01/2026."""
    return f"{day:%d/%m/%Y}"


def legal_basis(header: EditionHeader) -> str:
    """The decision and the days for which it holds, as a clause."""
    until = "" if header.in_force_to is None else f" đến ngày {date_in_words(header.in_force_to)}"
    return (
        f"Quyết định số {header.legal_basis} của Thủ tướng Chính phủ,"
        f" áp dụng cho hồ sơ nộp từ ngày {date_in_words(header.in_force_from)}{until}"
    )


def problem_text(problem: Problem) -> str:
    """Where something does not add up and what, in Vietnamese where the finding is a known one."""
    where = [
        f"{name} {place}"
        for name, place in (
            ("phần", problem.part),
            ("nhóm", problem.group),
            ("tiêu chí", problem.criterion),
            ("mức", problem.option),
        )
        if place is not None
    ]
    what = problem.what
    for pattern, said in _PROBLEMS:
        found = re.fullmatch(pattern, problem.what)
        if found:
            what = said.format(*found.groups())
            break
    place = ", ".join(where)
    return f"{place[:1].upper()}{place[1:]}: {what}" if place else what


def bands_of(header: EditionHeader) -> list[tuple[int, str]]:
    """The bands from the highest star to the lowest, each with its points in words."""
    rows: list[tuple[int, str]] = []
    above: Decimal | None = None
    for band in header.bands:
        if above is None:
            text = f"Từ {points(band.points_from)} đến {points(header.total)} điểm"
        elif band.points_from == 0:
            text = f"Dưới {points(above)} điểm"
        else:
            text = f"Từ {points(band.points_from)} đến dưới {points(above)} điểm"
        rows.append((band.star, text))
        above = band.points_from
    return rows


def file_stem(criteria_set: CriteriaSet) -> str:
    """The saved file's name without extension: ``phieu-cham-diem-qd26-2026-bo-13``."""
    edition = re.sub(r"[^A-Za-z0-9]+", "-", criteria_set.edition).strip("-")
    return f"phieu-cham-diem-{edition}-bo-{criteria_set.number:02d}"
