"""Which representation of a Digital Link a client wants (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence

_LONGEST = 40


def best_media_type(accept: str, offered: Sequence[str]) -> str | None:
    """The offered media type the ``Accept`` header prefers, or None when it takes none of them.

    A more specific range decides the weight of a type; between equal weights the earlier offer wins.
    An empty header takes everything. Unreadable parts are passed over.
    """
    ranges = [parsed for part in accept.split(",")[:_LONGEST] if (parsed := _range(part)) is not None]
    if not ranges:
        return offered[0] if not accept.strip() else None
    weighted = [(_weight(kind, ranges), -place, kind) for place, kind in enumerate(offered)]
    weight, _, kind = max(weighted)
    return kind if weight > 0 else None


def _range(part: str) -> tuple[str, float] | None:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    if name.count("/") != 1:
        return None
    weight = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                weight = float(parameter[2:])
            except ValueError:
                return None
    return (name, weight) if 0 <= weight <= 1 else None


def _weight(kind: str, ranges: Sequence[tuple[str, float]]) -> float:
    family = f"{kind.partition('/')[0]}/*"
    for wanted in (kind, family, "*/*"):
        found = [weight for name, weight in ranges if name == wanted]
        if found:
            return max(found)
    return 0.0
