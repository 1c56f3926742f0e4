"""GS1 Digital Link URIs: building, reading and the one key under which a thing is indexed.

Source: GS1 Digital Link URI Syntax 1.2 and later (structure, order of qualifiers, percent-encoding)
and the GS1 Syntax Dictionary (which keys may lead a link, with which qualifiers). The alphabetic
short names of version 1.1 (``/gtin/…``) are withdrawn and not read.

A URN (``urn:epc:id:sgtin:…``) states where the company prefix ends, a Digital Link does not. Hence
URNs are turned into links (``canonical_key``), and links never back into URNs.
"""

import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import quote, unquote_to_bytes

from ocop_api.domain.errors import Invalid
from ocop_api.domain.traceability.gs1 import (
    Gln,
    Gtin,
    LotCode,
    SerialNumber,
    Sscc,
    require_check_digit,
    require_digits,
    require_text_82,
)

CANONICAL_DOMAIN: Final = "https://id.gs1.org"
"""The domain of the canonical form: the same thing has the same key whatever domain its label shows."""

_ORIGIN: Final = re.compile(r"(?i)(https?)://([a-z0-9.\-]+(?::[0-9]{1,5})?|\[[0-9a-f:.]+\](?::[0-9]{1,5})?)")
_PATH_CHARACTERS: Final = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*")
_QUERY_CHARACTERS: Final = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?|]|%[0-9A-Fa-f]{2})*")
_AI: Final = re.compile(r"[0-9]{2,4}")
_ATTRIBUTE_MAX_LENGTH: Final = 90


@dataclass(frozen=True, slots=True)
class _KeyRule:
    """Form of a leading key: ``digits`` come first (their last is a check digit if ``checked``)."""

    digits: int
    checked: bool = True
    tail: int = 0
    numeric_tail: bool = False
    qualifiers: tuple[tuple[str, ...], ...] = ()


_KEYS: Final = {
    "00": _KeyRule(18),
    "01": _KeyRule(14, qualifiers=(("22", "10", "21"), ("235",))),
    "253": _KeyRule(13, tail=17),
    "255": _KeyRule(13, tail=12, numeric_tail=True),
    "401": _KeyRule(0, checked=False, tail=30),
    "402": _KeyRule(17),
    "414": _KeyRule(13, qualifiers=(("254",),)),
    "417": _KeyRule(13),
    "8003": _KeyRule(14, tail=16),
    "8004": _KeyRule(0, checked=False, tail=30),
    "8017": _KeyRule(18, qualifiers=(("8019",),)),
    "8018": _KeyRule(18, qualifiers=(("8019",),)),
}
_QUALIFIER_MAX_LENGTH: Final = {"10": 20, "21": 20, "22": 20, "235": 28, "254": 20, "8019": 10}


def _require_key(ai: str, value: str) -> None:
    rule = _KEYS.get(ai)
    if rule is None:
        raise Invalid("gs1.unknown_key", key=ai)
    head, tail = value[: rule.digits], value[rule.digits :]
    if len(head) != rule.digits or len(tail) > rule.tail or not value:
        allowed = f"{rule.digits}-{rule.digits + rule.tail}" if rule.tail else str(rule.digits)
        raise Invalid("gs1.bad_length", key=ai, length=len(value), allowed=allowed)
    if rule.checked:
        require_digits(head, key=ai)
        require_check_digit(head, key=ai)
    if tail and rule.numeric_tail:
        require_digits(tail, key=ai)
    elif tail:
        require_text_82(tail, key=ai, max_length=rule.tail)


def _require_qualifiers(ai: str, qualifiers: tuple[tuple[str, str], ...]) -> None:
    given = [name for name, _ in qualifiers]
    for order in _KEYS[ai].qualifiers or ((),):
        # Qualifiers may be left out, never exchanged: the given ones must be a subsequence.
        remaining = iter(order)
        if all(name in remaining for name in given):
            break
    else:
        raise Invalid("gs1.bad_qualifiers", key=ai, given=",".join(given))
    for name, value in qualifiers:
        require_text_82(value, key=name, max_length=_QUALIFIER_MAX_LENGTH[name])
        if name == "8019":
            require_digits(value, key=name)


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """One Digital Link, decoded.

    ``key`` is the leading application identifier and ``value`` its value (a GTIN has 14 digits here);
    ``qualifiers`` and ``attributes`` are (AI, value) pairs from the path and the query; ``extra`` holds
    the other query pieces byte for byte (``linkType=gs1:pip``, ``utm_source=…``), because a resolver
    passes them on; ``domain`` is scheme, host and stem without a final slash.
    """

    key: str
    value: str
    qualifiers: tuple[tuple[str, str], ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    extra: tuple[str, ...] = ()
    domain: str = CANONICAL_DOMAIN

    def __post_init__(self) -> None:
        object.__setattr__(self, "domain", self.domain.rstrip("/"))
        _require_key(self.key, self.value)
        _require_qualifiers(self.key, self.qualifiers)
        _require_attributes(self.key, self.attributes)

    @classmethod
    def of_product(cls, gtin: Gtin, *, domain: str = CANONICAL_DOMAIN) -> Self:
        """``/01/{gtin}``: every item of the product."""
        return cls("01", gtin.value, domain=domain)

    @classmethod
    def of_lot(cls, gtin: Gtin, lot: LotCode, *, domain: str = CANONICAL_DOMAIN) -> Self:
        """``/01/{gtin}/10/{lot}``: one lot of the product."""
        return cls("01", gtin.value, (("10", lot.value),), domain=domain)

    @classmethod
    def of_item(
        cls, gtin: Gtin, lot: LotCode | None, serial: SerialNumber, *, domain: str = CANONICAL_DOMAIN
    ) -> Self:
        """``/01/{gtin}/10/{lot}/21/{serial}``: one bag, with its lot when known."""
        lot_part = () if lot is None else (("10", lot.value),)
        return cls("01", gtin.value, (*lot_part, ("21", serial.value)), domain=domain)

    @classmethod
    def of_place(cls, gln: Gln, *, domain: str = CANONICAL_DOMAIN) -> Self:
        """``/414/{gln}``: a physical place."""
        return cls("414", gln.value, domain=domain)

    @classmethod
    def of_logistic_unit(cls, sscc: Sscc, *, domain: str = CANONICAL_DOMAIN) -> Self:
        """``/00/{sscc}``: a carton or pallet."""
        return cls("00", sscc.value, domain=domain)

    @classmethod
    def parse(cls, uri: str, *, short_gtin: bool = False) -> Self:
        """Read a Digital Link URI of any domain.

        ``short_gtin`` also accepts a GTIN of 8, 12 or 13 digits, which old labels carry and the
        present standard refuses.

        Raises ``Invalid``: ``gs1.not_a_digital_link`` (with ``reason``), and the codes of the keys.
        """
        domain_end, path, query = _split(uri)
        segments = path.split("/")
        start = _key_position(segments)
        pairs = [(segments[place], _decoded(segments[place + 1])) for place in range(start, len(segments), 2)]
        (key, value), qualifiers = pairs[0], tuple(pairs[1:])
        if key == "01" and short_gtin:
            value = Gtin.parse(value).value
        attributes, extra = _split_query(query)
        stem = "/".join(segments[:start])
        return cls(key, value, qualifiers, attributes, extra, f"{domain_end}{stem}")

    @property
    def gtin(self) -> Gtin | None:
        """The GTIN, when the link is about a trade item."""
        return Gtin(self.value) if self.key == "01" else None

    @property
    def gln(self) -> Gln | None:
        """The GLN, when the link is about a place (414)."""
        return Gln(self.value) if self.key == "414" else None

    @property
    def sscc(self) -> Sscc | None:
        """The SSCC, when the link is about a logistic unit."""
        return Sscc(self.value) if self.key == "00" else None

    @property
    def lot(self) -> LotCode | None:
        """The lot (AI 10), when stated."""
        value = dict(self.qualifiers).get("10")
        return None if value is None else LotCode(value)

    @property
    def serial(self) -> SerialNumber | None:
        """The serial number (AI 21), when stated."""
        value = dict(self.qualifiers).get("21")
        return None if value is None else SerialNumber(value)

    @property
    def path(self) -> str:
        """The path after the domain, percent-encoded, for instance ``/01/08936046120049/10/L%2F1``."""
        pairs = ((self.key, self.value), *self.qualifiers)
        return "".join(f"/{name}/{quote(value, safe='')}" for name, value in pairs)

    @property
    def uri(self) -> str:
        """The whole URI with attributes first and the foreign query pieces unchanged after them."""
        own = (f"{name}={quote(value, safe='')}" for name, value in self.attributes)
        query = "&".join((*own, *self.extra))
        return f"{self.domain}{self.path}" + (f"?{query}" if query else "")

    @property
    def canonical_key(self) -> str:
        """The one string to index this thing by: canonical domain, no query.

        A restricted-circulation GTIN keeps its own domain (always as https), since two companies may
        use the same number for different goods.
        """
        gtin = self.gtin
        if gtin is None or not gtin.is_restricted:
            return f"{CANONICAL_DOMAIN}{self.path}"
        return f"https://{self.domain.partition('://')[2]}{self.path}"

    @property
    def of_whole_lot(self) -> Self | None:
        """The link of the lot this serialised item belongs to, when both are stated."""
        if self.serial is None or self.lot is None:
            return None
        kept = tuple(pair for pair in self.qualifiers if pair[0] != "21")
        return type(self)(self.key, self.value, kept, domain=self.domain)


def _refuse(uri: str, reason: str) -> Invalid:
    return Invalid("gs1.not_a_digital_link", value=uri, reason=reason)


def _split(uri: str) -> tuple[str, str, str]:
    """Origin in lower case, path and query; the fragment is dropped, as a resolver never sees it."""
    without_fragment = uri.partition("#")[0]
    origin = _ORIGIN.match(without_fragment)
    if origin is None:
        raise _refuse(uri, "origin")
    path, _, query = without_fragment[origin.end() :].partition("?")
    if not _PATH_CHARACTERS.fullmatch(path) or not _QUERY_CHARACTERS.fullmatch(query):
        raise _refuse(uri, "character")
    if not path.startswith("/"):
        raise _refuse(uri, "path")
    return origin.group().lower(), path, query


def _key_position(segments: list[str]) -> int:
    """Where the leading key stands: the rightmost one, walking back in pairs over its qualifiers."""
    for place in range(len(segments) - 2, 0, -2):
        if segments[place] in _KEYS:
            return place
        if segments[place] not in _QUALIFIER_MAX_LENGTH:
            break
    raise _refuse("/".join(segments), "no_key")


def _split_query(query: str) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    attributes: list[tuple[str, str]] = []
    extra: list[str] = []
    for piece in query.split("&"):
        name, equals, value = piece.partition("=")
        if equals and _AI.fullmatch(name):
            attributes.append((name, _decoded(value)))
        elif piece:
            extra.append(piece)
    return tuple(attributes), tuple(extra)


def _require_attributes(key: str, attributes: tuple[tuple[str, str], ...]) -> None:
    seen: set[str] = set()
    for name, value in attributes:
        if not _AI.fullmatch(name):
            raise Invalid("gs1.unknown_key", key=name)
        if name in seen:
            raise Invalid("gs1.repeated_attribute", key=name)
        if name == key or any(name in order for order in _KEYS[key].qualifiers):
            # A lot in the query would not be part of the identity; the standard wants it in the path.
            raise Invalid("gs1.bad_qualifiers", key=key, given=name)
        seen.add(name)
        require_text_82(value, key=name, max_length=_ATTRIBUTE_MAX_LENGTH)


def _decoded(segment: str) -> str:
    try:
        return unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError:
        raise _refuse(segment, "encoding") from None
