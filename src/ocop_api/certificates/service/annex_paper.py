"""The annex of a decision (*phụ lục kèm theo quyết định công nhận*) as an administrative paper."""

from collections.abc import Sequence

from ocop_api.certificates.decisions_repository import AnnexRow
from ocop_api.db.tables.recognition_decisions import RecognitionDecision
from ocop_api.domain.vietnamese import date_in_words
from ocop_api.dossiers.papers.blocks import (
    Block,
    Closing,
    Form,
    Heading,
    Paragraph,
    Section,
    Signature,
    Table,
)

_NOTHING = "–"


def annex_form(decision: RecognitionDecision, annex: Sequence[AnnexRow]) -> Form:
    """The list of products with the words of their certificates, ready to sign or to edit."""
    title = "DANH SÁCH SẢN PHẨM OCOP ĐƯỢC CÔNG NHẬN"
    named = f"Quyết định số {decision.number} {date_in_words(decision.decided_on)}"
    blocks: tuple[Block, ...] = (
        Heading(
            office=(decision.issuing_authority.upper(),),
            dated=f"{decision.place}, {date_in_words(decision.decided_on)}",
        ),
        Section(f"PHỤ LỤC\n{title}", centred=True),
        Paragraph(f"(Kèm theo {named} của {decision.issuing_authority})", italic=True, centred=True),
        Table(
            (5, 18, 18, 20, 7, 15, 15, 12),
            (
                *("TT", "Sản phẩm", "Chủ thể", "Địa chỉ", "Hạng", "Mã sản phẩm"),
                *("Số giấy chứng nhận", "Có giá trị đến"),
            ),
            tuple(_cells(row) for row in annex),
            aligns=("center", "left", "left", "left", "center", "center", "center", "center"),
        ),
        Closing(
            last=f"Danh sách có {len(annex):02d} sản phẩm./.",
            right=Signature("", decision.signer_title.upper(), "(Ký, đóng dấu)"),
        ),
    )
    return Form(
        number="",
        title=f"Phụ lục {named}",
        note=f"Phụ lục kèm theo {named}",
        draft=False,
        blocks=blocks,
        landscape=True,
    )


def _cells(row: AnnexRow) -> tuple[str, ...]:
    c = row.record.certificate
    return (
        str(c.annex_place),
        c.product_name,
        c.producer_name,
        c.producer_address or _NOTHING,
        f"{c.stars} sao",
        row.product_code or _NOTHING,
        c.number or _NOTHING,
        _NOTHING if c.valid_until is None else f"{c.valid_until:%d/%m/%Y}",
    )
