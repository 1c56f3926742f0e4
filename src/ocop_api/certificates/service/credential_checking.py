"""Checking a credential that somebody shows: by its proof, and against the register as it stands today.

Nothing is fetched: only what this installation signed can be checked here, with the keys it knows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg

from ocop_api.adapters.credentials import jose, strict_json
from ocop_api.adapters.credentials.integrity import ProofBroken, check_proof, digest_of, proof_of
from ocop_api.adapters.credentials.jose import TokenBroken
from ocop_api.adapters.credentials.keys import IssuerKey, KeyRing
from ocop_api.certificates.credential_claims import CREDENTIAL_TYPE, first_moment, last_moment
from ocop_api.certificates.credential_issuer import CredentialIssuer
from ocop_api.certificates.credential_repository import signed_before
from ocop_api.certificates.credential_verdicts import (
    CheckName,
    CheckOutcome,
    CredentialForm,
    CredentialVerdict,
)
from ocop_api.certificates.service.verification import Finding, VerificationService
from ocop_api.certificates.standing import Standing
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Invalid, NotFound

_TOKEN = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_LONGEST_SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialFinding:
    """The verdict and how it was reached. ``register`` is what the register says, once the proof holds."""

    form: CredentialForm
    verdict: CredentialVerdict
    outcomes: dict[CheckName, CheckOutcome]
    issuer: str | None
    credential_id: str | None
    key_id: str | None
    register: Finding | None
    checked_at: datetime


@dataclass(slots=True)
class _Shown:
    """A credential as it was handed in, with what has been found about it so far."""

    form: CredentialForm
    document: dict[str, Any]
    method: object
    token: str | None = None
    outcomes: dict[CheckName, CheckOutcome] = field(
        default_factory=lambda: dict.fromkeys(CheckName, CheckOutcome.SKIPPED)
    )
    register: Finding | None = None

    def note(self, name: CheckName, *, good: bool) -> bool:
        """Keep how a check ended, and give it back."""
        self.outcomes[name] = CheckOutcome.PASSED if good else CheckOutcome.FAILED
        return good


class CredentialChecker:
    """Checks credentials at one moment. For the hot pool; needs no transaction."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        now: datetime,
        *,
        issuer: CredentialIssuer,
        ring: KeyRing,
    ) -> None:
        self.pool = pool
        self.now = now
        self.today = vietnam_date(now)
        self.issuer = issuer
        self.ring = ring

    async def check(self, raw: bytes) -> CredentialFinding:
        """What a credential in JSON or as a compact token is worth now.

        Raises:
            Invalid: ``credentials.unreadable`` with the ``reason``: neither of the two, or beyond the limits.
        """
        shown = _read(raw)
        verdict = await self._verdict(shown)
        issuer, credential_id = _issuer_of(shown.document), shown.document.get("id")
        return CredentialFinding(
            form=shown.form,
            verdict=verdict,
            outcomes=shown.outcomes,
            issuer=_shortened(issuer),
            credential_id=_shortened(credential_id),
            key_id=_shortened(shown.method),
            register=shown.register,
            checked_at=self.now,
        )

    async def _verdict(self, shown: _Shown) -> CredentialVerdict:
        if not shown.note(CheckName.ISSUER, good=_issuer_of(shown.document) == self.issuer.did):
            return CredentialVerdict.UNKNOWN_ISSUER
        key = self._key(shown)
        if key is None:
            # A key that this issuer never had is somebody else's work.
            shown.note(CheckName.KEY, good=False)
            return CredentialVerdict.TAMPERED
        believed = shown.note(CheckName.KEY, good=key.believed(self.now) and _signed_in_time(shown, key))
        if not shown.note(CheckName.PROOF, good=_proof_holds(shown, key)):
            return CredentialVerdict.TAMPERED
        if not believed:
            return CredentialVerdict.KEY_NOT_BELIEVED
        revoked = await self._look_up(shown)
        if revoked is None or shown.register is None:
            return CredentialVerdict.NOT_IN_REGISTER
        return self._worth(shown, shown.register, revoked=revoked)

    def _key(self, shown: _Shown) -> IssuerKey | None:
        if not isinstance(shown.method, str):
            return None
        if shown.form is CredentialForm.JWT:
            return self.issuer.key_of_token(shown.method, self.ring)
        return self.issuer.key_of_proof(shown.method, self.ring)

    async def _look_up(self, shown: _Shown) -> bool | None:
        """Whether the register revokes it; None when the register does not know these words."""
        kinds = shown.document.get("type")
        known = None
        if isinstance(kinds, list) and CREDENTIAL_TYPE in kinds:
            known = await signed_before(self.pool, digest_of(shown.document), self.today)
        if known is not None:
            code = str(shown.document.get("id", "")).rpartition("/")[2]
            try:
                finding = await VerificationService(self.pool, self.today).by_code(code)
            except NotFound:
                known = None
            else:
                shown.register = finding
                if finding.certificate_id != known.certificate_id or not _agree(shown.document, finding):
                    known = None
        shown.note(CheckName.REGISTER, good=known is not None)
        return None if known is None else known.revoked

    def _worth(self, shown: _Shown, finding: Finding, *, revoked: bool) -> CredentialVerdict:
        shown.note(CheckName.STATUS, good=not revoked)
        begins, ends = _instant(shown.document, "validFrom"), _instant(shown.document, "validUntil")
        moment = self.now.replace(microsecond=0)
        begun = begins is not None and begins <= moment
        over = ends is None or ends < moment
        shown.note(CheckName.DATES, good=begun and not over)
        if revoked and finding.standing is not Standing.SUPERSEDED:
            return CredentialVerdict.WITHDRAWN
        if finding.standing is Standing.SUPERSEDED:
            return CredentialVerdict.SUPERSEDED
        if not begun:
            return CredentialVerdict.NOT_YET_VALID
        return CredentialVerdict.EXPIRED if over else CredentialVerdict.VALID


def _read(raw: bytes) -> _Shown:
    text = raw.strip()
    try:
        if _TOKEN.fullmatch(text):
            token = text.decode("ascii")
            header, payload = jose.unverified(token)
            document = strict_json.read(payload)
            shown = _Shown(CredentialForm.JWT, document, header.get("kid"), token)
        else:
            document = strict_json.read(text)
            if not isinstance(document, dict):
                raise Invalid("credentials.unreadable", reason="not an object")
            shown = _Shown(
                CredentialForm.DATA_INTEGRITY, document, proof_of(document).get("verificationMethod")
            )
    except (TokenBroken, ProofBroken, strict_json.Unreadable) as error:
        raise Invalid("credentials.unreadable", reason=str(error)) from error
    if not isinstance(shown.document, dict):
        raise Invalid("credentials.unreadable", reason="not an object")
    return shown


def _issuer_of(document: Mapping[str, Any]) -> str | None:
    issuer = document.get("issuer")
    named = issuer.get("id") if isinstance(issuer, dict) else issuer
    return named if isinstance(named, str) else None


def _signed_in_time(shown: _Shown, key: IssuerKey) -> bool:
    """Whether the key was the one that signed at the time the proof names. A token names none."""
    if shown.form is CredentialForm.JWT:
        return True
    created = _instant(shown.document["proof"], "created")
    return created is not None and key.might_sign(created)


def _proof_holds(shown: _Shown, key: IssuerKey) -> bool:
    try:
        if shown.token is not None:
            jose.check_token(shown.token, key.public_key)
        else:
            check_proof(shown.document, key.public_key)
    except (ProofBroken, TokenBroken):
        return False
    return True


def _agree(document: Mapping[str, Any], finding: Finding) -> bool:
    """Whether the register still says what was signed; a row changed behind its back would not."""
    if finding.issued_on is None or finding.valid_until is None:
        return False
    subject = document["credentialSubject"]
    return bool(
        _instant(document, "validFrom") == first_moment(finding.issued_on)
        and _instant(document, "validUntil") == last_moment(finding.valid_until)
        and subject["profileScore"]["code"] == str(finding.stars)
        and subject["issuedToParty"]["name"] == finding.producer_name
        and subject["conformityAssessment"][0]["assessedProduct"][0]["product"]["name"]
        == finding.product_name
        and subject["conformityAssessment"][0].get("certificateNumber") == finding.number
    )


def _instant(values: Mapping[str, Any], name: str) -> datetime | None:
    text = values.get(name)
    if not isinstance(text, str) or _INSTANT.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _shortened(value: object) -> str | None:
    return value[:_LONGEST_SHOWN] if isinstance(value, str) else None
