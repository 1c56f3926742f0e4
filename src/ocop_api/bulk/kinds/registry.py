"""The kinds of import, explicitly."""

from ocop_api.bulk.kinds.certificates import CertificateKind
from ocop_api.bulk.kinds.growing_areas import GrowingAreaKind
from ocop_api.bulk.kinds.kind import AnyKind
from ocop_api.bulk.kinds.listings import ListingKind
from ocop_api.bulk.kinds.producers import ProducerKind
from ocop_api.bulk.kinds.products import ProductKind
from ocop_api.bulk.kinds.users import UserKind
from ocop_api.domain.errors import Invalid

_KINDS: tuple[AnyKind, ...] = (
    ProductKind(),
    ProducerKind(),
    CertificateKind(),
    ListingKind(),
    GrowingAreaKind(),
    UserKind(),
)

KINDS: dict[str, AnyKind] = {kind.name: kind for kind in _KINDS}
"""By name, in the order in which they are offered."""


def kind_named(name: str) -> AnyKind:
    """The kind.

    Raises:
        Invalid: ``bulk.unknown_kind``.
    """
    if name not in KINDS:
        raise Invalid("bulk.unknown_kind", kind=name[:60], known=list(KINDS))
    return KINDS[name]
