"""What may be found about the electronic form of a certificate: the words for it, without any sentence."""

from enum import StrEnum


class CredentialVerdict(StrEnum):
    """What a credential is worth, all checks taken together."""

    VALID = "valid"
    TAMPERED = "tampered"
    UNKNOWN_ISSUER = "unknown_issuer"
    KEY_NOT_BELIEVED = "key_not_believed"
    NOT_IN_REGISTER = "not_in_register"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"


class CheckOutcome(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Nothing to say: an earlier check failed, so what this one would read cannot be trusted."""


class CheckName(StrEnum):
    """The checks, in the order they are made."""

    ISSUER = "issuer"
    KEY = "key"
    PROOF = "proof"
    REGISTER = "register"
    STATUS = "status"
    DATES = "dates"


class CredentialForm(StrEnum):
    """How the credential was secured."""

    DATA_INTEGRITY = "data_integrity"
    JWT = "jwt"
