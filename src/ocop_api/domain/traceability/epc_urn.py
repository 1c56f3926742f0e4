"""The canonical key of any identifier found in an EPCIS event.

EPCIS 2.0 allows two spellings of the same thing, an EPC URN and a GS1 Digital Link. Everything that
stores, compares or traces identifiers uses ``canonical_key``, so that a query in one spelling finds
events captured in the other. Source: GS1 EPC Tag Data Standard, sections 6 and 7.
"""

import re
from typing import Final
from urllib.parse import unquote

from ocop_api.domain.errors import DomainError
from ocop_api.domain.traceability.digital_link import DigitalLink
from ocop_api.domain.traceability.gs1 import with_check_digit

_SGTIN: Final = re.compile(r"urn:epc:id:sgtin:([0-9]{6,12})\.([0-9]{1,7})\.([^.].*)")
_LGTIN: Final = re.compile(r"urn:epc:class:lgtin:([0-9]{6,12})\.([0-9]{1,7})\.([^.].*)")
_GTIN_PATTERN: Final = re.compile(r"urn:epc:idpat:sgtin:([0-9]{6,12})\.([0-9]{1,7})\.\*")
_SSCC: Final = re.compile(r"urn:epc:id:sscc:([0-9]{6,12})\.([0-9]{5,11})")
_SGLN: Final = re.compile(r"urn:epc:id:sgln:([0-9]{6,12})\.([0-9]{0,6})\.(.+)")
_GTIN_BODY: Final = 13
_SSCC_BODY: Final = 17
_GLN_BODY: Final = 12


def canonical_key(identifier: str) -> str:
    """The string under which ``identifier`` (URN, Digital Link or any other URI) is indexed.

    Trade items, lots, logistic units and places become canonical Digital Links; an identifier that is
    neither a readable Digital Link nor one of those URNs is its own key, for EPCIS accepts any URI.
    """
    try:
        link = _link_of_urn(identifier) if identifier.startswith("urn:") else DigitalLink.parse(identifier)
    except DomainError:
        return identifier
    return identifier if link is None else link.canonical_key


def lot_of_item(identifier: str) -> str | None:
    """The canonical key of the lot a serialised item belongs to, if its identifier tells the lot."""
    try:
        lot = DigitalLink.parse(identifier).of_whole_lot
    except DomainError:
        return None
    return None if lot is None else lot.canonical_key


def _link_of_urn(urn: str) -> DigitalLink | None:
    if match := _GTIN_PATTERN.fullmatch(urn):
        return DigitalLink("01", _gtin(match[1], match[2]))
    if match := _LGTIN.fullmatch(urn):
        return DigitalLink("01", _gtin(match[1], match[2]), (("10", unquote(match[3])),))
    if match := _SGTIN.fullmatch(urn):
        return DigitalLink("01", _gtin(match[1], match[2]), (("21", unquote(match[3])),))
    if match := _SSCC.fullmatch(urn):
        company, serial = match[1], match[2]
        return DigitalLink("00", _checked(serial[0] + company + serial[1:], _SSCC_BODY))
    if match := _SGLN.fullmatch(urn):
        # Extension "0" is the URN's way to say that there is none.
        extension = () if match[3] == "0" else (("254", unquote(match[3])),)
        return DigitalLink("414", _checked(match[1] + match[2], _GLN_BODY), extension)
    return None


def _gtin(company: str, indicator_and_item: str) -> str:
    return _checked(indicator_and_item[0] + company + indicator_and_item[1:], _GTIN_BODY)


def _checked(body: str, length: int) -> str:
    """``body`` with its check digit; a body of another length yields a key that is refused as such."""
    return with_check_digit(body) if len(body) == length else body
