"""The rating report as a paper: what the council found, and what would bring the next star. Pure.

It is told in Vietnamese whatever the language of the request: it goes with the written notice of the result.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import count

from ocop_api.dossiers.papers.blocks import Block, Field, Form, Heading, Paragraph, Section, Table, Title
from ocop_api.scoring.papers.wording import points
from ocop_api.scoring.schemas.advice import AdviceRead, AlternativeRead
from ocop_api.scoring.schemas.rating_report import RatingReport


def rating_report_form(report: RatingReport, written_on: date) -> Form:
    """The report on one product; ``written_on`` is the day it is printed for."""
    return Form(
        number="",
        title=f"Kết quả đánh giá và gợi ý hoàn thiện: {report.product_name}",
        note=f"Lập từ dữ liệu phiếu chấm của hội đồng, ngày {written_on:%d/%m/%Y}.",
        draft=False,
        blocks=tuple(_blocks(report)),
    )


def _blocks(report: RatingReport) -> Iterator[Block]:
    yield Heading(office=(report.council_name,))
    yield Title("KẾT QUẢ ĐÁNH GIÁ VÀ GỢI Ý HOÀN THIỆN", f"Sản phẩm: {report.product_name}")
    number = count(1)
    yield Section(f"{next(number)}. Kết quả")
    yield Field("- Ngày hội đồng đánh giá:", f"{report.held_on:%d/%m/%Y}")
    if report.mean is not None:
        yield Field("- Điểm trung bình:", f"{points(report.mean.shown)}/100")
    yield Field("- Kết quả:", _verdict(report))
    for step in report.explanation:
        yield Paragraph(step.sentence)
    if report.gates:
        yield Section(f"{next(number)}. Nội dung khiến việc đánh giá dừng lại hoặc không tính điểm")
        yield Table((3, 4), ("Nội dung", "Lý do"), tuple((one.text.vi, one.reason) for one in report.gates))
    if report.missed:
        yield Section(f"{next(number)}. Mức tối thiểu chưa đạt")
        yield Table(
            (1, 1, 3, 3),
            ("Hạng sao", "Tiêu chí", "Nội dung", "Mức phải đạt"),
            tuple(
                (f"{one.star} sao", one.criterion, one.criterion_text.vi, one.required_text.vi)
                for one in report.missed
            ),
        )
    if report.parts:
        yield Section(f"{next(number)}. Điểm trung bình theo tiêu chí")
    for part in report.parts:
        yield Paragraph(
            f"Phần {part.code}. {part.text.vi}: {points(part.mean.shown)}/{points(part.max)} điểm"
        )
        yield Table(
            (1, 4, 4, 2),
            ("Tiêu chí", "Nội dung", "Mức đa số thành viên chấm", "Điểm"),
            tuple(
                (
                    one.code,
                    one.text.vi,
                    "Không đạt mức nào" if one.level_text is None else one.level_text.vi,
                    f"{points(one.mean.shown)}/{points(one.max)}",
                )
                for one in part.criteria
            ),
        )
    if report.advice is not None:
        yield Section(f"{next(number)}. Gợi ý để đạt {report.advice.target_star} sao")
        yield from _advice(report.advice)


def _verdict(report: RatingReport) -> str:
    if report.star is None:
        return "không xếp hạng"
    stars = f"{report.star} sao"
    return stars if report.recognisable else f"{stars}, chưa đủ điều kiện công nhận (từ 3 sao trở lên)"


def _advice(advice: AdviceRead) -> Iterator[Block]:
    for step in advice.explanation:
        yield Paragraph(step.sentence)
    for obstacle in advice.obstacles:
        yield Paragraph(f"- {obstacle.reason.sentence}")
    for number, way in enumerate(advice.alternatives, 1):
        yield Paragraph(f"Phương án {number}: {way.summary.sentence}", italic=True)
        yield _way(way)


def _way(way: AlternativeRead) -> Table:
    return Table(
        (1, 4, 4, 1),
        ("Tiêu chí", "Cần đạt", "Minh chứng", "Thêm"),
        tuple(
            (
                one.criterion,
                one.advice.sentence,
                one.proof.sentence,
                f"+{points(Decimal(one.gain))}",
            )
            for one in way.lifts
        ),
    )
