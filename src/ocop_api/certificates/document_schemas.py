"""What goes out about a file that somebody shows: which certificates it speaks of and what it is worth."""

from enum import StrEnum

from pydantic import Field

from ocop_api.certificates.schemas import VerificationRead
from ocop_api.web.schemas import Output


class ReadBy(StrEnum):
    """How a certificate was found in a file."""

    QR = "qr"
    """By a QR symbol with the address of its verification page."""
    TEXT = "text"
    """By an address or a number written in the text of a PDF."""


class DocumentIdentity(StrEnum):
    """Whether the file is the one this register prints."""

    IDENTICAL = "identical"
    OTHER = "other"
    """Printed earlier from another template, scanned, photographed, a label, or changed."""


class PrintedPart(StrEnum):
    """What of a certificate is looked for in the text of a PDF."""

    NUMBER = "number"
    STARS = "stars"
    PRODUCT_NAME = "product_name"
    PRODUCER_NAME = "producer_name"


class PrintedFact(Output):
    """Whether the text of the file says what the register says."""

    part: PrintedPart = Field(examples=["stars"])
    registered: str = Field(description="as the register has it", examples=["4"])
    found: bool = Field(
        description="the text says the same; of stars: and names no other number of stars", examples=[True]
    )


class CertificateInDocument(Output):
    """One certificate that a file speaks of."""

    read: ReadBy = Field(examples=["qr"])
    page: int | None = Field(description="first page with its QR symbol", examples=[1])
    document: DocumentIdentity = Field(
        description="`identical`: byte for byte what this register prints; `other`: compare what stands in "
        "the file with what stands here",
        examples=["identical"],
    )
    printed: list[PrintedFact] | None = Field(
        description="for PDFs with text: what of the register stands in it; null for pictures and scans"
    )
    certificate: VerificationRead = Field(description="what the certificate is worth today")


class ForeignCode(Output):
    """A QR symbol of the file that is no address of this register. It was not followed."""

    page: int = Field(examples=[1])
    text: str = Field(description="at most 200 characters", examples=["https://example.com/x"])


class DocumentVerificationRead(Output):
    """The answer to "what is this file worth?"."""

    meaning: str = Field(
        description="one sentence for a person, in the answer's language",
        examples=["Tệp này đúng từng byte với bản mà sổ đăng ký in ra."],
    )
    pages: int = Field(description="pages looked at; 1 for a picture", examples=[1])
    certificates: list[CertificateInDocument] = Field(description="at most 5, as they stand in the file")
    unknown_codes: list[str] = Field(
        description="codes in addresses of this register that it does not have: these may be forged"
    )
    foreign_codes: list[ForeignCode]
