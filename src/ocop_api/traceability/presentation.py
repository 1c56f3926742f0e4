"""How a Digital Link answers: reading the request's own address, the link set, the names of units."""

from decimal import Decimal
from typing import Any, Final

from ocop_api.domain.errors import NotFound
from ocop_api.domain.traceability.digital_link import DigitalLink
from ocop_api.domain.traceability.lots import UnitOfMeasure
from ocop_api.traceability.schemas import PassportRead

HTML: Final = "text/html"
JSON: Final = "application/json"
LINKSET: Final = "application/linkset+json"
OFFERED: Final = (HTML, JSON, LINKSET)
"""Representations of a Digital Link; a client without a wish gets the page, the default link."""

_VOCABULARY: Final = "https://ref.gs1.org/voc/"
# GS1 has served its vocabulary under three addresses; old symbols and clients carry all of them.
_VOCABULARIES: Final = (_VOCABULARY, "https://gs1.org/voc/", "https://www.gs1.org/voc/", "gs1:")
_PAGES: Final = frozenset({"defaultLink", "pip", "traceability"})
_SETS: Final = frozenset({"linkset", "all"})

UNIT_NAMES: Final = {
    UnitOfMeasure.KILOGRAM: ("kg", "kg"),
    UnitOfMeasure.GRAM: ("g", "g"),
    UnitOfMeasure.TONNE: ("tấn", "t"),
    UnitOfMeasure.LITRE: ("lít", "l"),
    UnitOfMeasure.MILLILITRE: ("ml", "ml"),
    UnitOfMeasure.PIECE: ("gói", "pcs"),
}
"""How units read in Vietnamese and English."""


def plain(value: Decimal) -> Decimal:
    """The same number without trailing zeros and never in exponent form."""
    whole = value.to_integral_value()
    return whole.quantize(Decimal(1)) if whole == value else value.normalize()


def requested_link(public_url: str, raw_path: bytes, query: bytes) -> DigitalLink:
    """The Digital Link a request asks for, read from the path as it was sent.

    A lot code may hold an encoded slash, which the framework has decoded by the time it routes.

    Raises:
        Invalid: the codes of ``DigitalLink.parse``.
    """
    path = raw_path.partition(b"?")[0].decode("latin-1")
    tail = f"?{query.decode('latin-1')}" if query else ""
    return DigitalLink.parse(f"{public_url.rstrip('/')}{path}{tail}", short_gtin=True)


def wants_linkset(link_type: str | None) -> bool:
    """Whether ``linkType`` asks for the link set rather than the page.

    Raises:
        NotFound: ``traceability.no_such_link`` for a type that is not offered (GS1 resolver, 404).
    """
    if link_type is None:
        return False
    word = link_type
    for vocabulary in _VOCABULARIES:
        word = word.removeprefix(vocabulary)
    if word not in _PAGES | _SETS:
        raise NotFound("traceability.no_such_link", link_type=link_type[:100])
    return word in _SETS


def linkset_of(passport: PassportRead, anchor: str) -> dict[str, Any]:
    """The link set of a product or lot (RFC 9264, GS1-Conformant resolver 1.2).

    ``anchor`` is the address that was asked for.
    """
    page = passport.digital_link
    vietnamese = {"href": page, "title": passport.product_name, "type": HTML, "hreflang": ["vi"]}
    english = {**vietnamese, "href": f"{page}?lang=en", "hreflang": ["en"]}
    data = {"href": page, "title": passport.product_name, "type": JSON}
    kind = "traceability" if passport.lot is not None else "productInfo"
    return {
        "linkset": [
            {
                "anchor": anchor,
                "itemDescription": passport.product_name,
                f"{_VOCABULARY}defaultLink": [vietnamese],
                f"{_VOCABULARY}pip": [vietnamese, english],
                f"{_VOCABULARY}{kind}": [data],
            }
        ]
    }
