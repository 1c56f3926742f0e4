"""What goes out about the electronic form of certificates."""

from typing import Any

from pydantic import Field

from ocop_api.certificates.credential_verdicts import (
    CheckName,
    CheckOutcome,
    CredentialForm,
    CredentialVerdict,
)
from ocop_api.certificates.schemas import VerificationRead
from ocop_api.web.schemas import Instant, Output

_DID = "did:web:ocop.example.vn"
_KEY = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"


class CredentialCheckRead(Output):
    """One check of a credential."""

    name: CheckName = Field(examples=["proof"])
    outcome: CheckOutcome = Field(
        description="`skipped` when an earlier check failed, so that there is nothing to trust",
        examples=["passed"],
    )
    text: str = Field(
        description="for a person, in the answer's language",
        examples=["Chữ ký đúng; nội dung không bị sửa."],
    )


class CredentialVerificationRead(Output):
    """The answer to "is this electronic certificate genuine and good today?"."""

    verdict: CredentialVerdict = Field(examples=["valid"])
    valid: bool = Field(description="genuine, in force and unchanged; true for the verdict `valid` alone")
    meaning: str = Field(
        description="one sentence for a person, in the answer's language",
        examples=["Sản phẩm được công nhận OCOP 4 sao, có hiệu lực đến hết ngày 15/06/2029."],
    )
    form: CredentialForm = Field(examples=["data_integrity"])
    checks: list[CredentialCheckRead] = Field(description="in the order they are made")
    issuer: str | None = Field(description="as the credential names it", examples=[_DID])
    credential_id: str | None = Field(
        description="as the credential names itself", examples=["https://ocop.example.vn/verify/k3v7m2qz5t"]
    )
    key_id: str | None = Field(description="as the proof names it", examples=[f"{_DID}#{_KEY}"])
    checked_at: Instant = Field(examples=["2026-06-15T02:00:00Z"])
    certificate: VerificationRead | None = Field(
        description="what the register says today; null unless issuer, key and proof hold"
    )


class VerificationMethodRead(Output):
    """One key of the issuer."""

    id: str = Field(examples=[f"{_DID}#{_KEY}"])
    type: str = Field(description="`Multikey` for proofs, `JsonWebKey` for tokens", examples=["Multikey"])
    controller: str = Field(examples=[_DID])
    publicKeyMultibase: str | None = Field(None, examples=[_KEY])  # noqa: N815 - named by the standard
    publicKeyJwk: dict[str, str] | None = Field(None, description="OKP, Ed25519")  # noqa: N815
    expires: str | None = Field(
        None, description="from when nothing it signed is believed", examples=["2030-06-16T02:00:00Z"]
    )


class IssuerRead(Output):
    """The issuer under its https address; the keys are those of its DID document."""

    context: list[str] = Field(alias="@context", examples=[["https://www.w3.org/ns/did/v1"]])
    id: str = Field(examples=["https://ocop.example.vn/v1/credentials/issuer"])
    alsoKnownAs: list[str] = Field(examples=[[_DID]])  # noqa: N815 - named by the standard
    verificationMethod: list[VerificationMethodRead]  # noqa: N815
    assertionMethod: list[str] = Field(  # noqa: N815
        description="keys whose signatures count today", examples=[[f"{_DID}#{_KEY}"]]
    )
    name: str = Field(examples=["Sổ đăng ký giấy chứng nhận OCOP"])
    credentialContext: str = Field(  # noqa: N815
        examples=["https://ocop.example.vn/v1/credentials/context/v1"]
    )
    statusLists: list[str] = Field(  # noqa: N815
        examples=[["https://ocop.example.vn/v1/credentials/status/revocation-1"]]
    )


CREDENTIAL_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "A verifiable credential (W3C data model 2.0)",
    "required": ["@context", "id", "type", "issuer", "validFrom", "credentialSubject", "proof"],
    "properties": {
        "@context": {"type": "array", "items": {"type": "string"}},
        "id": {"type": "string", "examples": ["https://ocop.example.vn/verify/k3v7m2qz5t"]},
        "type": {"type": "array", "items": {"type": "string"}},
        "issuer": {"description": "the issuer's DID, or an object with it as `id`"},
        "validFrom": {"type": "string", "format": "date-time"},
        "validUntil": {"type": "string", "format": "date-time"},
        "credentialStatus": {"type": "array", "items": {"type": "object", "properties": {"id": {}}}},
        "credentialSubject": {"type": "object", "properties": {"id": {"type": "string"}}},
        "proof": {"type": "object", "properties": {"proofValue": {"type": "string"}}},
    },
}
"""What the contract says about a credential; its terms are those of the two contexts it names."""

DID_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "A DID document",
    "required": ["@context", "id", "verificationMethod", "assertionMethod"],
    "properties": {
        "@context": {"type": "array", "items": {"type": "string"}},
        "id": {"type": "string", "examples": [_DID]},
        "alsoKnownAs": {"type": "array", "items": {"type": "string"}},
        "verificationMethod": {"type": "array", "items": {"type": "object", "properties": {"id": {}}}},
        "assertionMethod": {"type": "array", "items": {"type": "string"}},
    },
}

CONTEXT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "A JSON-LD context",
    "required": ["@context"],
    "properties": {"@context": {"type": "object", "properties": {"@protected": {"type": "boolean"}}}},
}
