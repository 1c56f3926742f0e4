"""One issuer: what it publishes (kept for a while), and the two questions a sign-in asks it."""

import asyncio
import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from ocop_api.adapters.oidc.fetching import CodeRefused, Fetcher, IssuerFailed, checked_url, is_loopback
from ocop_api.adapters.oidc.verifying import (
    Claims,
    SignatureKey,
    TokenRefused,
    check_claims,
    header_of,
    verified,
    with_email,
)
from ocop_api.domain.errors import Unauthenticated
from ocop_api.settings import OidcProvider, OidcSettings

log = structlog.get_logger()

_KEEP = timedelta(hours=1)
_REFETCH_PAUSE = timedelta(seconds=30)
_MOST_KEYS = 50


@dataclass(frozen=True, slots=True)
class _Published:
    """A document of the issuer and when it was fetched."""

    content: dict[str, Any]
    at: datetime

    def fresh(self, now: datetime) -> bool:
        return abs(now - self.at) < _KEEP


class Issuer:
    """One configured provider. Safe to share between requests."""

    def __init__(self, provider: OidcProvider) -> None:
        self.provider = provider
        self._loopback = is_loopback(provider.issuer)
        self._fetcher = Fetcher(loopback=self._loopback)
        self._discovery: _Published | None = None
        self._keys: _Published | None = None
        # One request fetches, the others wait for it: a burst of sign-ins asks the issuer once.
        self._fetching = asyncio.Lock()

    async def close(self) -> None:
        """Give its connections back."""
        await self._fetcher.close()

    async def authorization_url(
        self, *, redirect_uri: str, state: str, nonce: str, challenge: str, now: datetime
    ) -> str:
        """Where the person signs in (authorization code with PKCE, RFC 7636 method S256).

        Raises:
            Unavailable: ``accounts.oidc_unavailable``.
        """
        found = await self._discovered(now)
        endpoint = checked_url(found.get("authorization_endpoint"), loopback=self._loopback)
        query = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.provider.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def identify(
        self, *, code: str, redirect_uri: str, nonce: str, verifier: str, now: datetime
    ) -> Claims:
        """Exchange the code and check the id token that comes back.

        Raises:
            Unauthenticated: ``accounts.oidc_refused`` for a code the issuer does not take, or an id token
                that does not hold.
            Unavailable: ``accounts.oidc_unavailable``.
        """
        found = await self._discovered(now)
        try:
            answer = await self._exchange(found, code, redirect_uri, verifier)
            claims = check_claims(
                await self._verified(answer.get("id_token"), now),
                issuer=self.provider.issuer,
                client_id=self.provider.client_id,
                nonce=nonce,
                now=now,
            )
        except (CodeRefused, TokenRefused) as refused:
            log.warning("oidc sign-in refused", provider=self.provider.name, reason=str(refused) or "code")
            raise Unauthenticated("accounts.oidc_refused") from refused
        if claims.email is None and found.get("userinfo_endpoint"):
            said = await self._fetcher.get(found["userinfo_endpoint"], bearer=str(answer.get("access_token")))
            # Section 5.3.2: without the same subject the answer is about somebody else.
            if said.get("sub") == claims.subject:
                claims = with_email(claims, said)
        return claims

    async def _exchange(
        self, found: dict[str, Any], code: str, redirect_uri: str, verifier: str
    ) -> dict[str, Any]:
        secret = self.provider.client_secret.get_secret_value()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        basic = None
        offered = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if secret and "client_secret_basic" in offered:
            pair = f"{quote_plus(self.provider.client_id)}:{quote_plus(secret)}"
            basic = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form["client_id"] = self.provider.client_id
            if secret:
                form["client_secret"] = secret
        return await self._fetcher.exchange(found.get("token_endpoint"), form, basic)

    async def _discovered(self, now: datetime) -> dict[str, Any]:
        async with self._fetching:
            if self._discovery is None or not self._discovery.fresh(now):
                base = checked_url(self.provider.issuer, loopback=self._loopback).rstrip("/")
                content = await self._fetcher.get(f"{base}/.well-known/openid-configuration")
                if content.get("issuer") != self.provider.issuer:
                    raise IssuerFailed("the issuer calls itself by another name")
                self._discovery = _Published(content, now)
            return self._discovery.content

    async def _verified(self, token: object, now: datetime) -> dict[str, Any]:
        if not isinstance(token, str):
            raise TokenRefused("no id token")
        header = header_of(token)
        key = _key_for(header, await self._published_keys(now, unknown=False))
        if key is None:
            # The issuer may have rotated its keys; how often that is asked does not depend on the tokens.
            key = _key_for(header, await self._published_keys(now, unknown=True))
        if key is None:
            raise TokenRefused("unknown key")
        return verified(token, key)

    async def _published_keys(self, now: datetime, *, unknown: bool) -> list[dict[str, Any]]:
        found = await self._discovered(now)
        async with self._fetching:
            held = self._keys
            pause_over = held is None or abs(now - held.at) >= _REFETCH_PAUSE
            if held is None or not held.fresh(now) or (unknown and pause_over):
                held = self._keys = _Published(await self._fetcher.get(found.get("jwks_uri")), now)
        keys = held.content.get("keys")
        return [key for key in keys if isinstance(key, dict)][:_MOST_KEYS] if isinstance(keys, list) else []


_TYPES = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP", "Ed25519": "OKP"}


def _key_for(header: dict[str, Any], published: Iterable[dict[str, Any]]) -> SignatureKey | None:
    """The public key that the header names; without a name, the only one of its type."""
    alg, kid = header["alg"], header.get("kid")
    fitting = [
        key
        for key in published
        if key.get("kty") == _TYPES[alg]
        and key.get("use", "sig") == "sig"
        and key.get("alg", alg) == alg
        and (kid is None or key.get("kid") == kid)
    ]
    if len(fitting) != 1:
        return None
    try:
        key = import_key(fitting[0])
    except (JoseError, ValueError, TypeError):
        return None
    return key if isinstance(key, RSAKey | ECKey | OKPKey) else None


class Issuers:
    """All configured issuers of a process, by name."""

    def __init__(self, settings: OidcSettings) -> None:
        self._issuers = {provider.name: Issuer(provider) for provider in settings.providers}

    def all(self) -> list[Issuer]:
        """In the order of the settings."""
        return list(self._issuers.values())

    def find(self, name: str) -> Issuer | None:
        """The issuer of this name, if there is one."""
        return self._issuers.get(name)

    async def close(self) -> None:
        """Give all connections back."""
        for issuer in self._issuers.values():
            await issuer.close()
