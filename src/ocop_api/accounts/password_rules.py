"""Which new passwords are refused: short ones by the schema, guessable ones here.

As NIST SP 800-63B (5.1.1.2) has it: length counts, kinds of characters are not prescribed, and what
everybody tries first is refused. Passwords that are in use are never judged.
"""

import re
from functools import cache
from importlib.resources import files

from ocop_api.accounts.addresses import fold_email
from ocop_api.domain.errors import Invalid
from ocop_api.domain.vietnamese import fold

SHORTEST_PASSWORD = 10
"""Characters of a new password; the schema asks for them."""
_NO_LETTER = re.compile(r"[\W\d_]+")
_FEWEST_DIFFERENT = 4
"""Different characters; ``aaaaaaaaaa`` and ``1212121212`` have less."""
_ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb",
)


@cache
def _words() -> frozenset[str]:
    lines = files("ocop_api.accounts").joinpath("common_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def is_common(password: str) -> bool:
    """Whether a password is among those that are tried first."""
    plain = fold(password)
    squeezed = plain.replace(" ", "")
    if len(set(squeezed)) < _FEWEST_DIFFERENT:
        return True
    if any(squeezed in row or squeezed in row[::-1] for row in _ROWS):
        return True
    letters = _NO_LETTER.sub("", squeezed)
    if not letters:
        return False
    halves = {letters[:length] for length in range(1, len(letters) + 1) if len(letters) % length == 0}
    return any(part in _words() and part * (len(letters) // len(part)) == letters for part in halves)


def check_new_password(password: str, email: str) -> None:
    """Refuse a password that is easily guessed.

    Raises:
        Invalid: ``accounts.password_is_email`` when it is the e-mail or the part before the @,
            ``accounts.password_too_common``.
    """
    folded = fold_email(password)
    address = fold_email(email)
    if folded in {address, address.partition("@")[0]}:
        raise Invalid("accounts.password_is_email")
    if is_common(password):
        raise Invalid("accounts.password_too_common")
