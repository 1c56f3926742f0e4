"""The forms of certificate numbers as they are set."""

from ocop_api.domain.certificate_number import NumberSchemes
from ocop_api.domain.regimes import REGIMES
from ocop_api.settings import Settings


def number_schemes(settings: Settings) -> NumberSchemes:
    """The forms by regime.

    Raises:
        Invalid: ``certificate.scheme_*`` for what could not be printed or read back.
    """
    return NumberSchemes(settings.certificates.number_schemes, (regime.code for regime in REGIMES))
