"""Letters to users: a template a kind, Vietnamese first and English below; the first line is the subject."""

from importlib.resources import files
from string import Template

from ocop_api.adapters.mail import Message


def letter(kind: str, to: str, **values: str) -> Message:
    """The letter of this kind.

    Args:
        kind: name of a template in this folder: ``password_reset``, ``password_changed``, ``invitation``.
        to: e-mail address.
        values: what the template asks for; line breaks in them become spaces.
    """
    text = files("ocop_api.accounts.letters").joinpath(f"{kind}.txt").read_text("utf-8")
    filled = Template(text).substitute({name: " ".join(value.split()) for name, value in values.items()})
    subject, _, body = filled.partition("\n")
    return Message(to=to, subject=subject, text=body.lstrip("\n"))
