"""Who signs the electronic form of certificates, and at which addresses a verifier finds what it needs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlsplit

from ocop_api.adapters.credentials import jose
from ocop_api.adapters.credentials.integrity import instant
from ocop_api.adapters.credentials.keys import IssuerKey, KeyRing
from ocop_api.adapters.credentials.status_list import Purpose
from ocop_api.settings import Settings

W3C_CONTEXT = "https://www.w3.org/ns/credentials/v2"
_DID_CONTEXTS = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/multikey/v1",
    "https://w3id.org/security/jwk/v1",
)
_JWK = "-jwk"


@dataclass(frozen=True, slots=True)
class CredentialIssuer:
    """The installation as issuer: a ``did:web`` of the host that the public URL names."""

    public_url: str
    """Without a slash at its end."""
    name: str

    @classmethod
    def of(cls, settings: Settings) -> "CredentialIssuer":
        """The issuer that these settings make."""
        return cls(settings.web.public_url.rstrip("/"), settings.credentials.issuer_name)

    @property
    def did(self) -> str:
        """``did:web:ocop.example.vn``; a port is written ``%3A8000`` (did:web, section 3.1)."""
        address = urlsplit(self.public_url)
        host = (address.hostname or "").encode("idna").decode("ascii")
        return "did:web:" + quote(host if address.port is None else f"{host}:{address.port}", safe="")

    @property
    def url(self) -> str:
        """The issuer as an https address, for those who do not resolve DIDs."""
        return f"{self.public_url}/v1/credentials/issuer"

    @property
    def context_url(self) -> str:
        """The meaning of the terms that W3C's context does not know."""
        return f"{self.public_url}/v1/credentials/context/v1"

    def status_list_url(self, purpose: Purpose, number: int) -> str:
        """Where a status list is published."""
        return f"{self.public_url}/v1/credentials/status/{purpose}-{number}"

    def method(self, key: IssuerKey) -> str:
        """The key as a proof names it."""
        return f"{self.did}#{key.id}"

    def token_method(self, key: IssuerKey) -> str:
        """The key as a token names it: the same one, written as a JWK."""
        return f"{self.method(key)}{_JWK}"

    def key_of_proof(self, method: str, ring: KeyRing) -> IssuerKey | None:
        """The key that a proof names, if it is one of ours."""
        return next((key for key in ring.keys if self.method(key) == method), None)

    def key_of_token(self, method: str, ring: KeyRing) -> IssuerKey | None:
        """The key that a token names, if it is one of ours."""
        return next((key for key in ring.keys if self.token_method(key) == method), None)

    def party(self) -> dict[str, Any]:
        """The issuer within a credential."""
        return {"type": ["CredentialIssuer"], "id": self.did, "name": self.name}


def did_document(issuer: CredentialIssuer, ring: KeyRing, now: datetime) -> dict[str, Any]:
    """``/.well-known/did.json``: every key, and of them as ``assertionMethod`` those still believed."""
    return _document(issuer.did, issuer.url, issuer, ring, now)


def issuer_document(issuer: CredentialIssuer, ring: KeyRing, now: datetime) -> dict[str, Any]:
    """The same under the https address, with the name and where the status lists are."""
    return {
        **_document(issuer.url, issuer.did, issuer, ring, now),
        "name": issuer.name,
        "credentialContext": issuer.context_url,
        "statusLists": [issuer.status_list_url(purpose, 1) for purpose in Purpose],
    }


def _document(
    own_id: str, other_id: str, issuer: CredentialIssuer, ring: KeyRing, now: datetime
) -> dict[str, Any]:
    # Under either address the keys bear the names that proofs and tokens give them.
    methods: list[dict[str, Any]] = []
    believed: list[str] = []
    for key in ring.keys:
        ends = {} if key.valid_until is None else {"expires": instant(key.valid_until)}
        jwk = {**jose.public_jwk(key.public_key), "alg": jose.ALGORITHM, "kid": issuer.token_method(key)}
        methods += [
            {
                "id": issuer.method(key),
                "type": "Multikey",
                "controller": own_id,
                "publicKeyMultibase": key.id,
                **ends,
            },
            {
                "id": issuer.token_method(key),
                "type": "JsonWebKey",
                "controller": own_id,
                "publicKeyJwk": jwk,
                **ends,
            },
        ]
        if key.believed(now):
            believed += [issuer.method(key), issuer.token_method(key)]
    return {
        "@context": list(_DID_CONTEXTS),
        "id": own_id,
        "alsoKnownAs": [other_id],
        "verificationMethod": methods,
        "assertionMethod": believed,
    }


@cache
def context_document() -> Mapping[str, Any]:
    """The system's own JSON-LD context. A published version never changes: what was signed names it."""
    text = files("ocop_api.certificates").joinpath("credential_context_v1.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
