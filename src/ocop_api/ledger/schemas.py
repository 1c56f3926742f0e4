"""Shapes of the ledger's answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, PlainSerializer

from ocop_api.ledger.canonical import instant_text
from ocop_api.ledger.keys import CONTEXTS, Head, base64url, key_id_of
from ocop_api.ledger.tree import leaf_hash
from ocop_api.web.schemas import Code, Input, Instant, Output, PageQuery

SignedInstant = Annotated[datetime, PlainSerializer(instant_text, return_type=str, when_used="json")]
"""An aware instant in the very form that was signed."""
_MOST = 2**63 - 1


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
    """A signed head. Keep a copy: it proves later that nothing up to `seq` was changed.

    The signature covers these bytes, one after the other: the text of `context` and a newline; `seq` as 8
    bytes, big-endian; the 32 bytes of `hash`; with `ocop-ledger-head/2` the 32 bytes of `root`; and
    `signed_at` in ASCII.
    """

    seq: int = Field(description="events covered; the size of the tree", examples=[412])
    hash: str = Field(description="hash of the chain at `seq`, hex", examples=["9f" * 32])
    root: str | None = Field(
        description="root of the Merkle tree (RFC 9162, SHA-256) over the first `seq` events, hex; null with "
        "`ocop-ledger-head/1`",
        examples=["3c" * 32],
    )
    context: Literal["ocop-ledger-head/1", "ocop-ledger-head/2"] = Field(
        description="which form was signed: `/2` covers the root, `/1` is of before there was a tree",
        examples=["ocop-ledger-head/2"],
    )
    signed_at: SignedInstant = Field(
        description="UTC, six decimals and Z, exactly as signed", examples=["2026-06-15T02:00:00.000000Z"]
    )
    signature: str = Field(description="Ed25519 over the bytes named above, base64url", examples=["x" * 86])
    public_key: PublicKeyRead

    @classmethod
    def of(cls, head: Head) -> "HeadRead":
        """The head as it is shown."""
        return cls.model_validate(
            {
                "seq": head.seq,
                "hash": head.hash.hex(),
                "root": None if head.root is None else head.root.hex(),
                "context": CONTEXTS[head.root is not None],
                "signed_at": head.signed_at,
                "signature": base64url(head.signature),
                "public_key": PublicKeyRead(x=base64url(head.public_key), kid=key_id_of(head.public_key)),
            }
        )


class ConsistencyQuery(Input):
    """Two signed heads, the older one first."""

    first: int = Field(ge=1, le=_MOST, description="`seq` of the older head", examples=[380])
    second: int = Field(ge=1, le=_MOST, description="`seq` of the newer head", examples=[412])


class ConsistencyProofRead(Output):
    """That the tree of `second` events begins with the very tree of `first` (RFC 9162, 2.1.4).

    Together with the roots of the two heads it shows that nothing was changed, removed or slipped in.
    """

    first: int = Field(examples=[380])
    second: int = Field(examples=[412])
    path: list[str] = Field(
        description="hashes in the order of the standard, hex; empty for equal sizes", examples=[["3c" * 32]]
    )


class InclusionProofRead(Output):
    """One event, and the proof that it lies in the tree (RFC 9162, 2.1.3)."""

    seq: int = Field(description="place in the ledger, from 1; the leaf's index is one less", examples=[407])
    kind: str = Field(examples=["certificate.issued"])
    leaf: str = Field(
        description="the event as text: canonical JSON (RFC 8785) without who acted, and in `chain` the hash "
        "of the chain at this place. Hash its UTF-8 bytes as they are, `SHA-256(0x00 || leaf)`",
        examples=['{"area_path":["34:68"],"at":"2026-06-15T02:00:00.000000Z","chain":"9f…","data":{…},…}'],
    )
    leaf_hash: str = Field(description="that hash, hex", examples=["5a" * 32])
    path: list[str] = Field(description="audit path, the leaf's sibling first, hex", examples=[["3c" * 32]])

    @classmethod
    def of(cls, seq: int, kind: str, leaf: bytes, path: Sequence[bytes]) -> "InclusionProofRead":
        """The proof as it is shown."""
        return cls(
            seq=seq,
            kind=kind,
            leaf=leaf.decode("utf-8"),
            leaf_hash=leaf_hash(leaf).hex(),
            path=[node.hex() for node in path],
        )
