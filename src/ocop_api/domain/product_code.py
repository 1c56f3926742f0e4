"""The product code (*mã số sản phẩm*) that a dossier gets when it is lodged.

Decision 26/2026: ``T-X-STT-20yy``, province, commune, serial, year of rating (``68-24611-3-2026``).
Earlier: ``T-H-X-STT-yyyy`` with the district after the province (``83-829-28780-3-2022``). The serial runs
per commune and year; allotting it without two producers getting the same one is the storage's business.
"""

import re
from dataclasses import dataclass

from ocop_api.domain.errors import Invalid
from ocop_api.domain.regimes import Regime

_CODE = re.compile(
    r"(?P<province>\d{2})-(?:(?P<district>\d{3})-)?(?P<commune>\d{5})-(?P<serial>\d{1,6})-(?P<year>\d{4})",
    re.ASCII,
)
_PARTS = {"province": 2, "district": 3, "commune": 5}
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_MAX_SERIAL, _FIRST_YEAR, _LAST_YEAR = 999_999, 2018, 2099


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCode:
    """A product code in its parts; ``str()`` gives the printed form with an unpadded serial.

    ``province`` has 2 digits, ``district`` 3 (None in codes without one), ``commune`` 5.
    """

    province: str
    commune: str
    serial: int
    year: int
    district: str | None = None

    def __post_init__(self) -> None:
        """Refuse parts of the wrong shape.

        Raises:
            Invalid: ``dossier.product_code_invalid`` with the part and its value.
        """
        for part, digits in _PARTS.items():
            value = getattr(self, part)
            if value is None and part == "district":
                continue
            if not re.fullmatch(rf"\d{{{digits}}}", value, re.ASCII):
                raise Invalid("dossier.product_code_invalid", part=part, value=value)
        if not 1 <= self.serial <= _MAX_SERIAL:
            raise Invalid("dossier.product_code_invalid", part="serial", value=self.serial)
        if not _FIRST_YEAR <= self.year <= _LAST_YEAR:
            raise Invalid("dossier.product_code_invalid", part="year", value=self.year)

    def __str__(self) -> str:
        """Return the printed form."""
        unit = [part for part in (self.province, self.district, self.commune) if part is not None]
        return "-".join([*unit, str(self.serial), str(self.year)])

    @classmethod
    def parse(cls, text: str) -> "ProductCode":
        """Read a printed code of either format; spaces, long dashes and leading zeros are accepted.

        Raises:
            Invalid: ``dossier.product_code_malformed``, or ``dossier.product_code_invalid`` for a part.
        """
        match = _CODE.fullmatch(_DASHES.sub("-", re.sub(r"\s+", "", text)))
        if match is None:
            raise Invalid("dossier.product_code_malformed", product_code=text)
        return cls(
            province=match["province"],
            district=match["district"],
            commune=match["commune"],
            serial=int(match["serial"]),
            year=int(match["year"]),
        )

    @classmethod
    def allot(
        cls,
        regime: Regime,
        *,
        province: str,
        district: str | None,
        commune: str,
        serial: int,
        year: int,
    ) -> "ProductCode":
        """Build a new code in the regime's format; a district it does not print is left out.

        Raises:
            Invalid: ``dossier.product_code_needs_district`` when the format prints a district and none is
                given; ``dossier.product_code_invalid`` for a part of the wrong shape.
        """
        if regime.product_code_has_district and district is None:
            raise Invalid("dossier.product_code_needs_district", regime=regime.code, commune=commune)
        return cls(
            province=province,
            district=district if regime.product_code_has_district else None,
            commune=commune,
            serial=serial,
            year=year,
        )


def registration_slip_number(code: ProductCode) -> str:
    """Return the number of the registration slip (*phiếu đăng ký*), such as ``3/PĐK-68-24611-2026``.

    Decision 26/2026, Annex III, Form 01 prints two dotted fields before the slash without saying what
    they hold; our default is the serial of the product code alone.
    """
    return f"{code.serial}/PĐK-{code.province}-{code.commune}-{code.year}"
