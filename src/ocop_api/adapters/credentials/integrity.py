"""Data Integrity proofs with the cryptosuite ``eddsa-jcs-2022`` (W3C vc-di-eddsa 1.0, section 3.3).

Signed are two SHA-256 hashes, one behind the other: of the proof's options and of the document, each in
the canonical JSON of RFC 8785. So the order of keys and the spaces do not matter, and all else does.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ocop_api.adapters.credentials.multibase import base58btc, from_base58btc

CRYPTOSUITE = "eddsa-jcs-2022"
_TYPE = "DataIntegrityProof"
_PURPOSE = "assertionMethod"


class ProofBroken(Exception):  # noqa: N818 - a verdict
    """The proof does not hold; the text says why, in a word or two."""


def instant(at: datetime) -> str:
    """An aware instant as credentials write it: ``2026-06-15T02:00:00Z``, without fractions."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785).

    Raises:
        ValueError: a number or text that JSON's canonical form cannot hold.
    """
    # The library gives bytes unless it is handed a stream.
    return bytes(rfc8785.dumps(value))


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of a document without its proof, in hexadecimal.

    Raises:
        ValueError: as ``canonical``.
    """
    return hashlib.sha256(canonical(_unsecured(document))).hexdigest()


def with_proof(
    document: Mapping[str, Any], key: Ed25519PrivateKey, *, verification_method: str, created: datetime
) -> dict[str, Any]:
    """The document with its proof. The same arguments always give the same document."""
    options = {
        "type": _TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": instant(created),
        "verificationMethod": verification_method,
        "proofPurpose": _PURPOSE,
        "@context": document["@context"],
    }
    signature = key.sign(_signed(options, document))
    return {**document, "proof": {**options, "proofValue": "z" + base58btc(signature)}}


def proof_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The one proof of a document, of the kind that is checked here.

    Raises:
        ProofBroken: there is none, there are several, or it is of another kind.
    """
    proof = document.get("proof")
    if not isinstance(proof, dict):
        raise ProofBroken("no single proof")
    if proof.get("type") != _TYPE or proof.get("cryptosuite") != CRYPTOSUITE:
        raise ProofBroken("another kind of proof")
    if proof.get("proofPurpose") != _PURPOSE:
        raise ProofBroken("another purpose")
    return proof


def check_proof(document: Mapping[str, Any], public_key: bytes) -> None:
    """Return when the document's proof was made with this key over this very document.

    Raises:
        ProofBroken: otherwise.
    """
    proof = proof_of(document)
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    # Section 3.3.2, step 4: the contexts that were signed must lead those of the document. We sign all of
    # them, so a context added behind them is a change too.
    if options.get("@context") != document.get("@context"):
        raise ProofBroken("another context")
    value = proof.get("proofValue")
    if not isinstance(value, str) or not value.startswith("z"):
        raise ProofBroken("no signature")
    try:
        signature = from_base58btc(value[1:])
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, _signed(options, document))
    except (InvalidSignature, ValueError) as error:
        raise ProofBroken("the signature does not fit") from error


def _unsecured(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "proof"}


def _signed(options: Mapping[str, Any], document: Mapping[str, Any]) -> bytes:
    return (
        hashlib.sha256(canonical(dict(options))).digest()
        + hashlib.sha256(canonical(_unsecured(document))).digest()
    )
