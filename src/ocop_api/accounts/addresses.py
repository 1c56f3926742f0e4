"""E-mail addresses as names of accounts."""

import unicodedata


def fold_email(email: str) -> str:
    """The form two spellings of one address share: trimmed, NFC, without difference of case.

    RFC 5321 lets the part before the @ differ by case, but no mail service in use does, and a person
    who types a capital letter is the same person.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", email.strip()).casefold())
