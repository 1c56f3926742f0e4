"""Shapes of the ledger's answers."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, PlainSerializer

from ocop_api.ledger.canonical import instant_text
from ocop_api.ledger.keys import Head, base64url, key_id_of
from ocop_api.web.schemas import Code, Instant, Output, PageQuery

SignedInstant = Annotated[datetime, PlainSerializer(instant_text, return_type=str, when_used="json")]
"""An aware instant in the very form that was signed."""


class EventFilter(PageQuery):
    """Which events to list; sorts are `seq` and `-seq`."""

    kind: Code | None = Field(None, description="kind of event", examples=["dossier.lodged"])
    subject_type: Code | None = Field(None, description="kind of thing acted on", examples=["dossier"])
    subject_id: str | None = Field(None, max_length=200, description="its id")


class EventRead(Output):
    """One sealed event."""

    seq: int = Field(description="place in the chain, from 1 without gaps", examples=[412])
    id: UUID
    at: Instant = Field(description="when it happened")
    kind: str = Field(examples=["dossier.lodged"])
    subject_type: str = Field(examples=["dossier"])
    subject_id: str = Field(examples=["0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"])
    actor_id: UUID | None = Field(description="user who acted; null for the system and the public")
    area_path: list[str] = Field(description="administrative units it belongs to", examples=[["34:68"]])
    data: dict[str, Any] = Field(description="facts, by kind")
    hash: str = Field(description="SHA-256 of the chain up to here, hex", examples=["9f" * 32])
    sealed_at: Instant


class PublicKeyRead(Output):
    """An Ed25519 key as a JSON Web Key (RFC 8037)."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    x: str = Field(
        description="public key, base64url", examples=["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]
    )
    kid: str = Field(
        description="JWK thumbprint (RFC 7638)", examples=["kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"]
    )


class HeadRead(Output):
    """The newest signed head. Keep a copy: it proves later that nothing up to `seq` was changed."""

    seq: int = Field(description="events covered", examples=[412])
    hash: str = Field(description="hash of the chain at `seq`, hex", examples=["9f" * 32])
    signed_at: SignedInstant = Field(
        description="UTC, exactly as signed", examples=["2026-06-15T02:00:00.000000Z"]
    )
    signature: str = Field(
        description="Ed25519 over `ocop-ledger-head/1` + newline, seq as 8 bytes big-endian, the 32 bytes "
        "of the hash, and `signed_at` as UTC text with six decimals and Z; base64url",
        examples=["x" * 86],
    )
    public_key: PublicKeyRead

    @classmethod
    def of(cls, head: Head) -> "HeadRead":
        """The head as it is shown."""
        return cls(
            seq=head.seq,
            hash=head.hash.hex(),
            signed_at=head.signed_at,
            signature=base64url(head.signature),
            public_key=PublicKeyRead(x=base64url(head.public_key), kid=key_id_of(head.public_key)),
        )
