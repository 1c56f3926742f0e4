"""What the electronic form of a certificate says.

An attestation shaped after the UN's Digital Conformity Credential (UNTP 0.7), under the W3C data model 2.0.
Nothing about persons: of the producer only the name of the business, as the register shows it to everybody.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from ocop_api.adapters.credentials.integrity import instant
from ocop_api.adapters.credentials.status_list import Purpose
from ocop_api.certificates.credential_issuer import W3C_CONTEXT, CredentialIssuer
from ocop_api.domain.clock import VIETNAM
from ocop_api.domain.regime_terms import Decision

CREDENTIAL_TYPE = "OcopCertificateCredential"
_TOPIC = "urn:ocop:vocabulary:topic:one-commune-one-product"
_SCHEME = "Chương trình Mỗi xã một sản phẩm (OCOP)"
_HIGHEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The criteria a product was rated by, as far as they are known: an edition, and a set of it."""

    edition: str
    legal_basis: str
    set_number: int | None = None
    set_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """The facts of one certificate that are signed."""

    certificate_id: UUID
    code: str
    number: str | None
    stars: int
    product_id: UUID
    product_name: str
    product_code: str | None
    gtin: str | None
    producer_id: UUID
    producer_name: str
    decision_number: str | None
    decided_on: date
    issued_on: date
    valid_until: date
    level: str | None
    authority: str
    authority_code: str
    regime: str
    decisions: tuple[Decision, ...]
    criteria: Criteria | None
    printed: bool


def first_moment(day: date) -> datetime:
    """When a calendar day begins in Vietnam."""
    return datetime.combine(day, time(), VIETNAM)


def last_moment(day: date) -> datetime:
    """The last full second of a calendar day in Vietnam."""
    return first_moment(day + timedelta(days=1)) - timedelta(seconds=1)


def credential_of(
    facts: Attested, issuer: CredentialIssuer, *, status_list: int, status_index: int
) -> dict[str, Any]:
    """The credential before it is signed. Its term is that of the certificate, the last day included."""
    page = f"{issuer.public_url}/verify/{facts.code}"
    return {
        "@context": [W3C_CONTEXT, issuer.context_url],
        "id": page,
        "type": ["VerifiableCredential", "DigitalConformityCredential", CREDENTIAL_TYPE],
        "issuer": issuer.party(),
        "name": f"{_title(facts)}: {facts.product_name}, {facts.stars} sao",
        "validFrom": instant(first_moment(facts.issued_on)),
        "validUntil": instant(last_moment(facts.valid_until)),
        "credentialStatus": [
            {
                "id": f"{issuer.status_list_url(purpose, status_list)}#{status_index}",
                "type": "BitstringStatusListEntry",
                "statusPurpose": purpose.value,
                "statusListIndex": str(status_index),
                "statusListCredential": issuer.status_list_url(purpose, status_list),
            }
            for purpose in Purpose
        ],
        "credentialSubject": _attestation(facts, issuer, page),
    }


def status_list_of(
    issuer: CredentialIssuer, purpose: Purpose, number: int, *, encoded: str, valid_from: datetime, ttl: int
) -> dict[str, Any]:
    """A status list before it is signed; ``ttl`` in seconds."""
    url = issuer.status_list_url(purpose, number)
    return {
        "@context": [W3C_CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.did,
        "validFrom": instant(valid_from),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose.value,
            "encodedList": encoded,
            "ttl": ttl * 1000,
        },
    }


def _title(facts: Attested) -> str:
    number = "" if facts.number is None else f" số {facts.number}"
    return f"Giấy chứng nhận sản phẩm OCOP{number}"


def _attestation(facts: Attested, issuer: CredentialIssuer, page: str) -> dict[str, Any]:
    base = issuer.public_url
    score = _score(facts.stars)
    attestation: dict[str, Any] = {
        "type": ["ConformityAttestation"],
        "id": f"{page}#attestation",
        "name": _title(facts),
        "assessorLevel": "3rdParty",
        "assessmentLevel": "authority-mandate",
        "attestationType": "certification",
        "issuedToParty": {
            "type": ["Party"],
            "id": f"{base}/v1/producers/{facts.producer_id}",
            "name": facts.producer_name,
        },
        "authorisation": [_decision(facts)],
        "referenceScheme": {"type": ["ConformityScheme"], "id": f"{base}/v1/regimes", "name": _SCHEME},
        "profileScore": score,
        "conformityAssessment": [_assessment(facts, issuer, page, score)],
    }
    if facts.criteria is not None:
        place, name = _criteria(facts.criteria, issuer)
        attestation["referenceProfile"] = {"type": ["ConformityProfile"], "id": place, "name": name}
    if facts.printed:
        attestation["conformityCertificate"] = {
            "type": ["Link"],
            "linkURL": f"{base}/v1/certificates/{facts.certificate_id}/certificate.pdf",
            "linkName": _title(facts),
            "mediaType": "application/pdf",
        }
    return attestation


def _decision(facts: Attested) -> dict[str, Any]:
    number = "" if facts.decision_number is None else f" số {facts.decision_number}"
    decision: dict[str, Any] = {
        "type": ["Endorsement"],
        "name": f"Quyết định{number} ngày {_day(facts.decided_on)}",
        "decidedOn": facts.decided_on.isoformat(),
        "issuingAuthority": {
            "type": ["Party"],
            "id": f"urn:ocop:authority:{facts.authority_code}",
            "name": facts.authority,
        },
    }
    if facts.decision_number is not None:
        decision["decisionNumber"] = facts.decision_number
    if facts.level is not None:
        decision["authorityLevel"] = facts.level
    return decision


def _assessment(
    facts: Attested, issuer: CredentialIssuer, page: str, score: dict[str, Any]
) -> dict[str, Any]:
    base = issuer.public_url
    if facts.criteria is None:
        criterion = {"id": f"{base}/v1/regimes/{facts.regime}", "name": "Bộ tiêu chí OCOP"}
    else:
        place, name = _criteria(facts.criteria, issuer)
        criterion = {"id": place, "name": name}
    product: dict[str, Any] = {
        "type": ["Product"],
        "id": f"{base}/v1/products/{facts.product_id}",
        "name": facts.product_name,
    }
    if facts.product_code is not None:
        product["productCode"] = facts.product_code
    if facts.gtin is not None:
        product["gtin"] = facts.gtin
    assessment: dict[str, Any] = {
        "type": ["ConformityAssessment"],
        "id": f"{page}#assessment",
        "name": "Đánh giá, phân hạng sản phẩm OCOP",
        "assessmentCriteria": [{"type": ["Criterion"], **criterion}],
        "assessmentDate": facts.decided_on.isoformat(),
        "assessedPerformance": [
            {
                "type": ["Performance"],
                "metric": {
                    "type": ["PerformanceMetric"],
                    "id": "urn:ocop:vocabulary:stars",
                    "name": "Hạng sao OCOP",
                },
                "score": score,
            }
        ],
        "assessedProduct": [{"type": ["ProductVerification"], "product": product, "idVerifiedByCAB": True}],
        "referenceRegulation": [_regulation(facts, issuer, decision) for decision in facts.decisions],
        "conformityTopic": [
            {"type": ["ConformityTopic"], "id": _TOPIC, "name": "Mỗi xã một sản phẩm"},
        ],
        "conformance": True,
        "stars": facts.stars,
        "validUntilDay": facts.valid_until.isoformat(),
    }
    if facts.number is not None:
        assessment["certificateNumber"] = facts.number
    return assessment


def _regulation(facts: Attested, issuer: CredentialIssuer, decision: Decision) -> dict[str, Any]:
    fragment = decision.number.replace("/", "-").replace("Đ", "D")
    return {
        "type": ["Regulation"],
        "id": f"{issuer.public_url}/v1/regimes/{facts.regime}#{fragment}",
        "name": f"Quyết định số {decision.number} ngày {_day(decision.issued_on)}",
    }


def _criteria(criteria: Criteria, issuer: CredentialIssuer) -> tuple[str, str]:
    place = f"{issuer.public_url}/v1/editions/{criteria.edition}"
    name = f"Bộ tiêu chí OCOP theo Quyết định số {criteria.legal_basis}"
    if criteria.set_number is None:
        return place, name
    return f"{place}/sets/{criteria.set_number}", f"{name}, bộ số {criteria.set_number}: {criteria.set_name}"


def _score(stars: int) -> dict[str, Any]:
    # In the UN's model the highest rank is 1.
    return {
        "type": ["Score"],
        "code": str(stars),
        "rank": _HIGHEST + 1 - stars,
        "definition": f"OCOP {stars} sao",
    }


def _day(day: date) -> str:
    return f"{day.day:02d}/{day.month:02d}/{day.year}"
