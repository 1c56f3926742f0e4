"""Which certificates a file speaks of: by its QR symbols, otherwise by its words.

The file is a stranger's. It is opened in a process apart, nothing of it is kept, and no address in it is
followed: a QR symbol counts only when it is the address of a verification page of this register.
"""

import os
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Final
from urllib.parse import urlsplit
from uuid import UUID

from ocop_api.adapters.pdf_reading.child import SEARCHED_PAGES
from ocop_api.adapters.pdf_reading.reading import ReadingFailedError, Searched, search
from ocop_api.certificates.document_schemas import DocumentIdentity, PrintedPart, ReadBy
from ocop_api.certificates.policy import printed_stars, read_code, said_in
from ocop_api.certificates.service import document
from ocop_api.certificates.service.verification import Finding, VerificationService
from ocop_api.db.session import Database
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Invalid, NotFound, RuleViolation

MAX_CERTIFICATES: Final = 5
MAX_FOREIGN: Final = 10
_FOREIGN_TEXT: Final = 200
_TRIED: Final = 10
"""Codes and numbers looked up for one file."""
_MAGIC: Final = {
    "application/pdf": (b"%PDF-", 0),
    "image/png": (b"\x89PNG\r\n\x1a\n", 0),
    "image/jpeg": (b"\xff\xd8\xff", 0),
    "image/webp": (b"WEBP", 8),
}
ACCEPTED: Final = tuple(_MAGIC)
_HEAD: Final = 1024
_NUMBER: Final = re.compile(r"(?<![\w./-])[^\W_][\w./-]{0,39}?[./-][0-9]{1,6}[./-]20[0-9]{2}(?![\w-])")
"""Whatever ends in serial and year, as the number of every form does."""
_WIDTHS: Final = range(320, 3509)


@dataclass(frozen=True, slots=True, kw_only=True)
class InDocument:
    """One certificate a file speaks of; ``printed`` tells what of it stands in the text of a PDF."""

    read: ReadBy
    page: int | None
    identity: DocumentIdentity
    printed: dict[PrintedPart, tuple[str, bool]] | None
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFinding:
    """What was found in a file."""

    pages: int
    certificates: list[InDocument]
    unknown_codes: list[str]
    foreign: list[tuple[int, str]]


class DocumentChecker:
    """Looks into files at one moment."""

    def __init__(self, database: Database, now: datetime, public_url: str) -> None:
        self._database = database
        self._now = now
        self._verification = VerificationService(database.fast, vietnam_date(now))
        self._base = public_url.rstrip("/")

    async def check(self, file: IO[bytes]) -> DocumentFinding:
        """What a real file, from its start whatever its position, says about certificates.

        Raises:
            Invalid: ``verification.empty_file``, ``verification.type_not_accepted``,
                ``verification.encrypted``, ``verification.damaged``, ``verification.too_many_pages``,
                ``verification.too_complex``.
            NotFound: ``verification.nothing_found``; ``certificate.unknown_code`` when all that is found is
                an address of this register with a code it does not have.
            Unavailable: ``documents.busy``.
        """
        media_type = recognise(file)
        searched = await _opened(file, media_type)
        codes, foreign = self._sorted(searched.symbols)
        found: dict[UUID, tuple[ReadBy, int | None, Finding]] = {}
        unknown: list[str] = []
        for page, code in codes[:_TRIED]:
            try:
                finding = await self._verification.by_code(code)
            except NotFound:
                unknown.append(code)
            else:
                found.setdefault(finding.certificate_id, (ReadBy.QR, page, finding))
        if not found:
            async for finding in self._written(searched.text):
                found.setdefault(finding.certificate_id, (ReadBy.TEXT, None, finding))
        if not found:
            raise NotFound("certificate.unknown_code" if unknown else "verification.nothing_found")
        listed = list(found.values())[:MAX_CERTIFICATES]
        identical = None
        if len(found) == 1:
            identical = await self._identical(file, media_type, searched, listed[0][2])
        return DocumentFinding(
            pages=searched.pages,
            certificates=[
                InDocument(
                    read=read,
                    page=page,
                    identity=DocumentIdentity.IDENTICAL if identical else DocumentIdentity.OTHER,
                    printed=_compared(searched.text, finding) if searched.text.strip() else None,
                    finding=finding,
                )
                for read, page, finding in listed
            ],
            unknown_codes=unknown,
            foreign=[(page, text[:_FOREIGN_TEXT]) for page, text in foreign[:MAX_FOREIGN]],
        )

    def _sorted(
        self, symbols: tuple[tuple[int, str], ...]
    ) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
        """Codes of verification pages of this register, and the other symbols, each with its page."""
        codes: list[tuple[int, str]] = []
        foreign: list[tuple[int, str]] = []
        for page, text in symbols:
            code = self._code_of(text)
            if code is None:
                foreign.append((page, text))
            else:
                codes.append((page, code))
        return codes, foreign

    def _code_of(self, text: str) -> str | None:
        """The code in an address of a verification page here. Scheme and host are compared as a whole."""
        try:
            given, own = urlsplit(text.strip()), urlsplit(self._base)
        except ValueError:
            return None
        if (given.scheme.lower(), given.netloc.lower()) != (own.scheme.lower(), own.netloc.lower()):
            return None
        place = f"{own.path}/verify/"
        if not given.path.startswith(place):
            return None
        return read_code(given.path.removeprefix(place).rstrip("/"))

    async def _written(self, text: str) -> AsyncIterator[Finding]:
        """Certificates whose address, otherwise whose number, stands in the text."""
        found = False
        for attempts, wanted in ((self._codes_in(text), "code"), (_numbers_in(text), "number")):
            if found:
                return
            look_up = self._verification.by_code if wanted == "code" else self._verification.by_number
            for one in list(attempts)[:_TRIED]:
                try:
                    yield await look_up(one)
                except NotFound:
                    continue
                found = True

    def _codes_in(self, text: str) -> Iterator[str]:
        place = re.escape(f"{self._base.partition('://')[2]}/verify/")
        for match in re.finditer(place + r"([A-Za-z2-7]{26})(?![A-Za-z0-9])", text, re.IGNORECASE):
            yield match[1]

    async def _identical(
        self, file: IO[bytes], media_type: str, searched: Searched, finding: Finding
    ) -> bool:
        """Whether the register prints these very bytes for the certificate."""
        is_pdf = media_type == "application/pdf"
        width = searched.width or 0
        if not finding.issued_here or not (is_pdf or (media_type == "image/png" and width in _WIDTHS)):
            return False
        async with self._database.read() as session:
            papers = document.PaperService(session, self._now)
            certificate = await papers.certificate(finding.certificate_id)
            sheet = await papers.sheet(certificate, f"{self._base}/verify/{finding.code}")
        try:
            own = await (document.render(sheet) if is_pdf else document.draw(sheet, width))
        except RuleViolation:
            return False
        # A reader of its own: the process that opened the file moved its position, unseen by buffers here.
        with os.fdopen(file.fileno(), "rb", closefd=False) as again:
            again.seek(0)
            # One byte more than ours is enough to see a difference in length.
            return again.read(len(own) + 1) == own


def recognise(file: IO[bytes]) -> str:
    """The type of a file by its first bytes.

    Raises:
        Invalid: ``verification.empty_file``, ``verification.type_not_accepted``.
    """
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        raise Invalid("verification.empty_file")
    for media_type, (magic, at) in _MAGIC.items():
        if head[at : at + len(magic)] == magic:
            return media_type
    raise Invalid("verification.type_not_accepted", accepted=list(ACCEPTED))


async def _opened(file: IO[bytes], media_type: str) -> Searched:
    try:
        return await search(file, media_type)
    except ReadingFailedError as error:
        if error.code == "encrypted":
            raise Invalid("verification.encrypted") from error
        if error.code == "too_many_pages":
            raise Invalid("verification.too_many_pages", limit=SEARCHED_PAGES) from error
        if error.code == "timeout":
            raise Invalid("verification.too_complex") from error
        raise Invalid("verification.damaged") from error


def _numbers_in(text: str) -> Iterator[str]:
    # Dates look alike; the register does not have them, so they find nothing.
    yield from dict.fromkeys(match[0] for match in _NUMBER.finditer(text))


def _compared(text: str, finding: Finding) -> dict[PrintedPart, tuple[str, bool]]:
    facts = {
        PrintedPart.NUMBER: finding.number,
        PrintedPart.PRODUCT_NAME: finding.product_name,
        PrintedPart.PRODUCER_NAME: finding.producer_name,
    }
    told = {part: (fact, said_in(text, fact)) for part, fact in facts.items() if fact}
    told[PrintedPart.STARS] = (str(finding.stars), printed_stars(text) == {finding.stars})
    return {part: told[part] for part in PrintedPart if part in told}
