"""Numbers of certificates: how a scheme prints them, and how any printed number is read.

The decisions set no form. Certificates in circulation bear province, district, serial and year
(``72-703-01-2023``); since districts ended the commune stands there (``68-24611-01-2026``). Which form a
regime uses is data: a template such as ``{province}-{district}-{serial:02}-{year}``. Every form ends in
serial and year, so a number is read without knowing the template it was printed by, and numbers of earlier
forms (``68-01-2026``, ``TW-01-2026``) go on being found.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

from ocop_api.domain.errors import Invalid, RuleViolation

PLACE_TOKENS = ("province", "district", "commune")
"""Tokens that stand for the code of a unit: 2, 3 and 5 digits."""
MAX_SERIAL = 999_999
_FIRST_YEAR = 2018
_SERIAL, _YEAR = "serial", "year"
_WIDTH = re.compile(r"0[1-6]", re.ASCII)
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_AROUND = re.compile(r"\s*([-/.])\s*")
_NUMBER = re.compile(
    r"(?P<head>[^\W_][^\n]{0,39}?)(?P<before>[-/.])(?P<serial>[0-9]{1,6})(?P<between>[-/.])(?P<year>20[0-9]{2})"
)
_SAMPLE = {"province": "68", "district": "660", "commune": "24611"}


@dataclass(frozen=True, slots=True)
class CertificateNumber:
    """A number in its parts. ``text`` is the printed form, ``prefix`` what stands before the serial.

    Two numbers are the same when prefix, year and serial are: ``68-1-2026`` and ``68-01-2026``.
    """

    text: str
    prefix: str
    year: int
    serial: int

    @property
    def series(self) -> tuple[str, int]:
        """The prefix and year within which serials count."""
        return self.prefix, self.year

    @property
    def key(self) -> tuple[str, int, int]:
        """What tells it from every other number."""
        return self.prefix, self.year, self.serial


def read_number(text: str) -> CertificateNumber | None:
    """The parts of a printed number; spaces, long dashes and small letters are accepted.

    None for a form that does not end in serial and year, such as ``12/GCN OCOP``: nothing counts in it.
    """
    plain = _AROUND.sub(r"\1", _DASHES.sub("-", " ".join(text.split()))).upper()
    found = _NUMBER.fullmatch(plain)
    if found is None:
        return None
    serial, year = int(found["serial"]), int(found["year"])
    if serial == 0 or year < _FIRST_YEAR:
        return None
    printed = f"{found['head']}{found['before']}{serial:02d}{found['between']}{year}"
    return CertificateNumber(printed, found["head"], year, serial)


@dataclass(frozen=True, slots=True)
class NumberScheme:
    """One form of numbers, as ``parse`` reads it from its template."""

    template: str
    places: frozenset[str]
    """Units whose codes it prints."""

    @classmethod
    def parse(cls, template: str) -> "NumberScheme":
        """Read a template of literal text and tokens.

        Tokens are ``{province}``, ``{district}``, ``{commune}``, ``{serial:02}`` (with the number of digits
        printed at least) and ``{year}``.

        Raises:
            Invalid: ``certificate.scheme_invalid`` with the ``template`` and the ``reason``: ``braces``,
                ``token``, ``width``, ``serial`` or ``year`` when it is not there exactly once, and
                ``unreadable`` when what it prints could not be read back.
        """
        try:
            parts = [
                (token, width) for _, token, width, _ in Formatter().parse(template) if token is not None
            ]
        except ValueError as error:
            raise Invalid("certificate.scheme_invalid", template=template, reason="braces") from error
        tokens = [token for token, _ in parts]
        for token, width in parts:
            if token not in {*PLACE_TOKENS, _SERIAL, _YEAR} or "!" in template:
                raise Invalid("certificate.scheme_invalid", template=template, reason="token")
            if width and (token != _SERIAL or not _WIDTH.fullmatch(width)):
                raise Invalid("certificate.scheme_invalid", template=template, reason="width")
        for token in (_SERIAL, _YEAR):
            if tokens.count(token) != 1:
                raise Invalid("certificate.scheme_invalid", template=template, reason=token)
        scheme = cls(template, frozenset(tokens) & frozenset(PLACE_TOKENS))
        for serial in (1, 23, MAX_SERIAL):
            scheme.number(_SAMPLE, serial, _FIRST_YEAR)
        return scheme

    def number(self, codes: Mapping[str, str], serial: int, year: int) -> CertificateNumber:
        """The number with this serial for a place whose codes are given by token.

        Raises:
            Invalid: ``certificate.scheme_invalid``, what it prints cannot be read back.
            RuleViolation: ``certificate.numbers_used_up``, the serials of the year are.
        """
        if serial > MAX_SERIAL:
            raise RuleViolation("certificate.numbers_used_up", year=year)
        text = self.template.format(**codes, serial=serial, year=year)
        read = read_number(text)
        if read is None or (read.serial, read.year) != (serial, year) or text != text.upper():
            raise Invalid("certificate.scheme_invalid", template=self.template, reason="unreadable")
        return CertificateNumber(text, read.prefix, year, serial)

    def prefix(self, codes: Mapping[str, str]) -> str:
        """What its numbers for a place begin with; serials count within it."""
        return self.number(codes, 1, _FIRST_YEAR).prefix


class NumberSchemes:
    """The forms of numbers by regime; of several the first one whose codes a place has."""

    def __init__(self, templates: Mapping[str, Sequence[str]], regimes: Iterable[str]) -> None:
        """Read the templates of every regime.

        Raises:
            Invalid: ``certificate.scheme_regime`` for a regime that does not exist,
                ``certificate.scheme_missing`` for one that has no form, and as ``NumberScheme.parse``.
        """
        known = tuple(regimes)
        for code in templates:
            if code not in known:
                raise Invalid("certificate.scheme_regime", regime=code, known=", ".join(known))
        for code in known:
            if not templates.get(code):
                raise Invalid("certificate.scheme_missing", regime=code)
        self._by_regime = {
            code: tuple(NumberScheme.parse(template) for template in templates[code]) for code in known
        }

    def scheme_for(self, regime: str, codes: Mapping[str, str]) -> NumberScheme:
        """The form of a regime's numbers for a place with these codes.

        Raises:
            RuleViolation: ``certificate.number_codes_missing``, every form prints a code it does not have.
        """
        for scheme in self._by_regime[regime]:
            if scheme.places <= codes.keys():
                return scheme
        raise RuleViolation("certificate.number_codes_missing", regime=regime)
