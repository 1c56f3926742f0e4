"""The kinds of import, explicitly."""

from ocop_api.bulk.kinds.kind import AnyKind
from ocop_api.domain.errors import Invalid

_KINDS: tuple[AnyKind, ...] = ()

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
