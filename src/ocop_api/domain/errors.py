"""What can go wrong by the rules of the trade.

An error carries a stable ``code`` (``<feature>.<what>``) and the data a person needs to understand
it. It knows nothing of HTTP; the web layer maps the class to a status and the code to a text in
Vietnamese and English (``web/messages/<feature>.toml``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class DomainError(Exception):
    """Base of every expected refusal. ``data`` fills the placeholders of the translated text."""

    def __init__(self, code: str, /, **data: object) -> None:
        super().__init__(code)
        self.code = code
        self.data = data


class NotFound(DomainError):  # noqa: N818 - named as the trade speaks, not as Python's convention asks
    """The thing does not exist, or the caller may not know that it does."""


class Forbidden(DomainError):  # noqa: N818
    """The thing is visible to the caller, but the action is not theirs."""


class Conflict(DomainError):  # noqa: N818
    """The action collides with what is stored (a duplicate, another writer)."""


class StaleVersion(Conflict):
    """The caller's copy is older than the stored one (optimistic locking)."""


class RuleViolation(DomainError):  # noqa: N818
    """A rule of the programme forbids the action in the present state."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One refusal among several: where in the request it lies, and which thing it is about."""

    pointer: str
    error: DomainError
    about: Mapping[str, object] = field(default_factory=dict)


class SeveralFaults(RuleViolation):
    """Nothing was done, because of these; ``faults`` has every one of them."""

    def __init__(self, code: str, faults: Sequence[Fault], /) -> None:
        super().__init__(code, count=len(faults))
        self.faults = tuple(faults)


class Invalid(DomainError):  # noqa: N818
    """A value is well-formed JSON but cannot be what it claims to be (an unknown criterion, say)."""


class Unauthenticated(DomainError):  # noqa: N818
    """No credential, or one that does not hold."""


class Gone(DomainError):  # noqa: N818
    """It was here once and is not any more (an expired cursor or token)."""


class TooManyAttempts(DomainError):  # noqa: N818
    """Too much of it in a short time; ``retry_after`` in the data says how many seconds to wait."""


class Unavailable(DomainError):  # noqa: N818
    """A part the action needs (database, storage) does not answer now; trying again may help."""
