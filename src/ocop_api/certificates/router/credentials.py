"""The electronic form of certificates: signed credentials, the issuer's keys, status lists, checking."""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import orjson
import structlog
from fastapi import Depends, Path, Request, Response

from ocop_api.adapters.credentials.key_store import KeyStore
from ocop_api.adapters.credentials.keys import KeyRing, KeyRingError
from ocop_api.adapters.credentials.status_list import Purpose
from ocop_api.certificates.credential_issuer import (
    CredentialIssuer,
    context_document,
    did_document,
    issuer_document,
)
from ocop_api.certificates.credential_schemas import (
    CONTEXT_SCHEMA,
    CREDENTIAL_SCHEMA,
    DID_SCHEMA,
    CredentialVerificationRead,
    IssuerRead,
)
from ocop_api.certificates.router.credential_presentation import checked_credential_of
from ocop_api.certificates.service import (
    STATUS_SECONDS,
    CredentialChecker,
    CredentialService,
    SignedCredential,
)
from ocop_api.domain.errors import Unavailable
from ocop_api.web.caller import Now
from ocop_api.web.problems import HTTPProblem, language_of, refusal
from ocop_api.web.ratelimit import CREDENTIAL_CHECK, documented, limited
from ocop_api.web.routing import NO_IDEMPOTENCY, feature_router
from ocop_api.web.session import ReadSession, database_of

log = structlog.get_logger()

router = feature_router("/v1/certificates", "certificates")
published = feature_router("/v1/credentials", "credentials")
well_known = feature_router("/.well-known", "credentials")
checking = feature_router("/v1/verify", "verification")

VC = "application/vc"
VC_JWT = "application/vc+jwt"
_JSON_LD = "application/ld+json"
_DID = "application/did+json"
_KEYS_SECONDS = 3600
_SIGNED_SECONDS = 86_400
_ACCEPTED_JSON = ("application/json", VC, "application/vc+ld+json", _JSON_LD)
_ACCEPTED = (*_ACCEPTED_JSON, VC_JWT, "application/jwt", "text/plain")
_BODY: dict[str, Any] = {
    # Nothing is changed by asking, so there is nothing to keep a repetition from.
    NO_IDEMPOTENCY: True,
    "requestBody": {
        "required": True,
        "description": "the credential as it was given out: JSON with its proof, or the token",
        "content": {
            kind: {"schema": CREDENTIAL_SCHEMA if kind in _ACCEPTED_JSON else {"type": "string"}}
            for kind in _ACCEPTED
        },
    },
}


_WITHDRAWN = refusal(409, "Withdrawn before anybody asked for it, so it is not signed")


def _answers(media_type: str, schema: Mapping[str, Any], description: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"content": {media_type: {"schema": schema}}, "description": description},
        304: {"description": "The client has these very bytes (If-None-Match)"},
    }


def issuer_of(request: Request) -> CredentialIssuer:
    """Who signs, by the settings."""
    return CredentialIssuer.of(request.app.state.settings)


async def ring_of(request: Request, now: Now) -> KeyRing:
    """The issuer's keys; ``Unavailable`` ``credentials.keys_unavailable`` when they cannot be read."""
    store = KeyStore(request.app.state.settings)
    try:
        # Read each time, so that a rotation holds for every process at once.
        return await asyncio.to_thread(store.load, now())
    except KeyRingError as error:
        log.warning("no issuer keys", reason=str(error))
        raise Unavailable("credentials.keys_unavailable") from error


Issuer = Annotated[CredentialIssuer, Depends(issuer_of)]
Ring = Annotated[KeyRing, Depends(ring_of)]


async def _signed(
    request: Request, certificate_id: UUID, session: ReadSession, now: Now, issuer: Issuer, ring: Ring
) -> SignedCredential:
    at = now()
    found = await CredentialService(session, at, issuer=issuer, ring=ring).find(certificate_id)
    if found is None:
        # The first to ask has it signed; a transaction of its own, since a read may not write.
        async with database_of(request).transaction() as writing:
            found = await CredentialService(writing, at, issuer=issuer, ring=ring).sign(certificate_id)
    return found


Signed = Annotated[SignedCredential, Depends(_signed, scope="function")]


@router.get(
    "/{certificate_id}/credential",
    response_class=Response,
    responses=_answers(VC, CREDENTIAL_SCHEMA, "The credential with its Data Integrity proof") | _WITHDRAWN,
)
async def read_certificate_credential(request: Request, signed: Signed) -> Response:
    """The certificate as a verifiable credential (W3C data model 2.0, proof `eddsa-jcs-2022`).

    Signed once, then always the same bytes. Whether it still holds, its status list tells
    (`credentialStatus`). 404 `credentials.no_term` for recognitions only reported; 409
    `credentials.withdrawn` when it was withdrawn before anybody asked for it.
    """
    return _public(request, _json(signed.document), VC, seconds=_SIGNED_SECONDS)


@router.get(
    "/{certificate_id}/credential.jwt",
    response_class=Response,
    responses=_answers(VC_JWT, {"type": "string"}, "The credential as a signed token") | _WITHDRAWN,
)
async def read_certificate_credential_token(request: Request, signed: Signed) -> Response:
    """The same credential as a JOSE token (`EdDSA`, typ `vc+jwt`); the credential is its payload."""
    return _public(request, signed.token.encode("ascii"), VC_JWT, seconds=_SIGNED_SECONDS)


@well_known.get(
    "/did.json",
    response_class=Response,
    responses=_answers(_DID, DID_SCHEMA, "The DID document"),
)
async def read_did_document(request: Request, issuer: Issuer, ring: Ring, now: Now) -> Response:
    """The issuer's keys as the DID document of `did:web` (Multikey for proofs, JWK for tokens).

    `assertionMethod` names those whose signatures count today: the one that signs, and those it followed
    until they expire.
    """
    return _public(request, _json(did_document(issuer, ring, now())), _DID, seconds=_KEYS_SECONDS)


@published.get("/issuer", response_model=IssuerRead)
async def read_credential_issuer(request: Request, issuer: Issuer, ring: Ring, now: Now) -> Response:
    """The issuer under its https address, with the same keys, for those who do not resolve DIDs."""
    document = issuer_document(issuer, ring, now())
    return _public(request, _json(document), "application/json", seconds=_KEYS_SECONDS)


@published.get(
    "/context/v1",
    response_class=Response,
    responses=_answers(_JSON_LD, CONTEXT_SCHEMA, "The JSON-LD context"),
)
async def read_credential_context(request: Request) -> Response:
    """The meaning of the terms in credentials of certificates. This version never changes."""
    return _public(request, _json(context_document()), _JSON_LD, seconds=_SIGNED_SECONDS)


StatusListId = Annotated[
    str,
    Path(pattern=r"^(revocation|suspension)-[1-9][0-9]{0,5}$", examples=["revocation-1"]),
]


@published.get(
    "/status/{list_id}",
    response_class=Response,
    responses=_answers(VC, CREDENTIAL_SCHEMA, "The status list as a credential"),
)
async def read_credential_status_list(
    list_id: StatusListId, request: Request, session: ReadSession, now: Now, issuer: Issuer, ring: Ring
) -> Response:
    """A status list (Bitstring Status List 1.0), signed; may be kept for five minutes.

    Set in `revocation` are certificates withdrawn, and those replaced by one of fewer stars. A certificate
    replaced by an upgrade or a renewal is not revoked: its words stay true to their end. `suspension` is
    empty, as the law knows no suspension.
    """
    named, _, number = list_id.partition("-")
    at, purpose = now(), Purpose(named)
    found = await CredentialService(session, at, issuer=issuer, ring=ring).find_status_list(
        purpose, int(number)
    )
    if found is None:
        async with database_of(request).transaction() as writing:
            service = CredentialService(writing, at, issuer=issuer, ring=ring)
            found = await service.sign_status_list(purpose, int(number))
    return _public(request, _json(found), VC, seconds=STATUS_SECONDS)


@checking.post(
    "/credential",
    response_model=CredentialVerificationRead,
    responses=documented(),
    dependencies=[Depends(limited(CREDENTIAL_CHECK))],
    openapi_extra=_BODY,
)
async def verify_credential(request: Request, now: Now, issuer: Issuer, ring: Ring) -> Response:
    """Whether an electronic certificate, as JSON or token, is genuine and good today; at most 64 KB.

    Checked are, one by one, issuer, key, proof, the register, the revocation list and the dates. Nothing
    is fetched from elsewhere and nothing is kept. 422 `credentials.unreadable` for what is no credential.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in _ACCEPTED:
        raise HTTPProblem(415, "request.unsupported_media_type", offered=list(_ACCEPTED), given=given)
    checker = CredentialChecker(database_of(request).fast, now(), issuer=issuer, ring=ring)
    finding = await checker.check(await request.body())
    language = language_of(request)
    body = checked_credential_of(finding, issuer.public_url, language)
    return Response(
        body.model_dump_json(),
        media_type="application/json",
        headers={"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"},
    )


def _json(document: Mapping[str, Any]) -> bytes:
    # Sorted, for the database does not keep the order of keys and the bytes shall be the same each time.
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def _public(request: Request, content: bytes, media_type: str, *, seconds: int) -> Response:
    """What any verifier on any page may fetch and keep, with a strong ETag; 304 when it has it."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": f"public, max-age={seconds}",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    held = {item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")}
    if tag in held or "*" in held:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


routers = (router, published, well_known, checking)
