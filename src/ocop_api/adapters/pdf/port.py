"""The words of a printed certificate, and what goes wrong when they are set."""

from dataclasses import dataclass
from datetime import date
from typing import Final

STARS: Final = range(3, 6)
"""Only 3, 4 and 5 stars get a certificate (Decision 26/2026/QĐ-TTg, Art. 4.1a)."""


class RenderingFailed(Exception):  # noqa: N818 - names the event, as the house's errors do
    """The document could not be made; the message tells the maker's diagnosis, for the log only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSheet:
    """The words on an OCOP recognition certificate (giấy chứng nhận), plain values only.

    All text is printed literally; nothing in it can act as markup. Dates are calendar dates in Viet Nam.
    ``superior_authority`` is the optional line above the issuing authority; ``signer_name`` stays empty
    on a copy to be signed by hand, and a slash in ``signer_title`` begins a new line. ``verification_url``
    is what the QR code holds and ``verification_text`` the short address printed beneath it.
    """

    certificate_no: str
    product_name: str
    producer_name: str
    producer_address: str
    stars: int
    issuing_authority: str
    decision_no: str
    decision_date: date
    place: str
    issued_on: date
    valid_until: date
    signer_title: str
    verification_url: str
    verification_text: str
    signer_name: str = ""
    superior_authority: str = ""
    product_group: str = ""

    def __post_init__(self) -> None:
        if self.stars not in STARS:
            raise ValueError(f"no certificate for {self.stars} stars")
