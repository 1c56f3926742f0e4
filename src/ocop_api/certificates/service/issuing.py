"""Issuing: a decision recognises rated dossiers, and their certificates come into being."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates import policy
from ocop_api.certificates.appeals_repository import AppealRepository
from ocop_api.certificates.decisions_repository import DecisionRepository
from ocop_api.certificates.decisions_schemas import RecognitionOrder
from ocop_api.certificates.numbers_repository import NumberRepository
from ocop_api.certificates.repository import CertificateRecord, CertificateRepository
from ocop_api.certificates.schemas import CertificateIssue
from ocop_api.certificates.service.describing import Describer, told_of
from ocop_api.certificates.service.issuers import issuer_of, issuing_unit
from ocop_api.certificates.service.settling import settle_products
from ocop_api.certificates.standing import Standing
from ocop_api.db.base import uuid7
from ocop_api.db.inserting import insert_rows
from ocop_api.db.tables.appeals import Appeal
from ocop_api.db.tables.certificates import Certificate
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.recognition_decisions import RecognitionDecision
from ocop_api.domain import regimes
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.administration import level_in_charge
from ocop_api.domain.certificate import issue
from ocop_api.domain.certificate_number import CertificateNumber, NumberScheme, NumberSchemes
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.dossier import Acting, Action, Level, Outcome, Party, State, forwarding
from ocop_api.domain.errors import (
    Conflict,
    DomainError,
    Fault,
    Forbidden,
    NotFound,
    RuleViolation,
    SeveralFaults,
)
from ocop_api.dossiers.service import DossierService
from ocop_api.dossiers.service.files import standing_stars
from ocop_api.ledger.recording import Happening, record_many
from ocop_api.places.service import Place, PlaceService

_DIGITS = {2: "province", 3: "district", 5: "commune"}


@dataclass(frozen=True, slots=True)
class Recognised:
    """A decision and the certificates that one order issued by it, in the order of the annex."""

    decision: RecognitionDecision
    records: list[CertificateRecord]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A dossier that nothing speaks against."""

    dossier: Dossier
    outcome: Outcome
    appeal: Appeal | None
    unit_id: str | None
    codes: Mapping[str, str]
    scheme: NumberScheme


@dataclass(frozen=True, slots=True)
class _Known:
    """What the checks of all dossiers of an order read."""

    dossiers: Mapping[UUID, Dossier]
    appeals: Mapping[UUID, Appeal]
    places: Mapping[str, Place]
    held: Sequence[CertificateRecord]
    """Every certificate of the products."""


class IssuingService:
    """Issues certificates for one actor at one moment."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime, schemes: NumberSchemes) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.today = vietnam_date(now)
        self._schemes = schemes
        self._dossiers = DossierService(session, actor, now)
        self._places = PlaceService(session)
        self._certificates = CertificateRepository(session)
        self._decisions = DecisionRepository(session)
        self._numbers = NumberRepository(session)
        self._describer = Describer(session, now)

    async def issue(self, order: CertificateIssue) -> CertificateRecord:
        """``recognise`` for one dossier, whose refusal is raised as it is."""
        given = order.model_dump(exclude={"dossier_id"})
        try:
            found = await self.recognise(RecognitionOrder(**given, dossier_ids=[order.dossier_id]))
        except SeveralFaults as refused:
            raise refused.faults[0].error from None
        return found.records[0]

    async def recognise(self, order: RecognitionOrder) -> Recognised:
        """Recognise rated dossiers and issue their certificates (Decision 26/2026, Art. 4): all or none.

        The decision with the same issuer, number and day is added to; there is one otherwise made.

        Raises:
            Forbidden: ``auth.not_permitted``, the actor issues nothing anywhere.
            SeveralFaults: ``decision.refused`` with a fault for every dossier that is refused: not visible,
                not the actor's to decide, not at this step, its result no recognition, an impossible date
                (``certificate.decided_*``), after an appeal ``certificate.no_more_stars`` and
                ``certificate.contested_ended``, issued already, or another issuer's than that of the first
                one (``decision.other_issuer``).
            RuleViolation: ``decision.other_words``, the decision is on record with another title or name.
        """
        if self.actor.scope(Permission.CERTIFICATE_ISSUE).empty:
            raise Forbidden("auth.not_permitted", permission=Permission.CERTIFICATE_ISSUE.value)
        # Whoever wants the same dossier waits here, and then finds it recognised.
        dossiers = await self._dossiers.lock_many(order.dossier_ids)
        product_ids = sorted({dossier.product_id for dossier in dossiers.values()})
        # Products before numbers: everybody takes locks in this order, so nobody waits in a ring.
        products = await self._certificates.lock_products(product_ids)
        ready = self._checked(order, await self._known(order, dossiers, product_ids))
        level, unit_id = Level(ready[0].dossier.level), ready[0].unit_id
        decision, new = await self._decision(order, level, unit_id)
        numbers = await self._allot(ready, order.decided_on.year)
        rows = []
        first = await self._decisions.next_place(decision.id)
        for place, (one, number) in enumerate(zip(ready, numbers, strict=True), first):
            await self._dossiers.advance(
                one.dossier,
                Action.RECOGNISE,
                acting={Acting(Party.AUTHORITY, level)},
                satisfied={one.outcome.guard},
                data={
                    "decision_number": order.decision_number,
                    "decided_on": order.decided_on.isoformat(),
                    "decision_id": str(decision.id),
                },
            )
            facts = self._facts(order, one, number, decision, place)
            rows.append(await self._describer.row(*products[one.dossier.product_id], order.decided_on, facts))
        # The unique constraints speak here, and the supersessions below refer to the rows.
        await insert_rows(self.session, Certificate, rows)
        issued = [row["id"] for row in rows]
        await self._tell(decision, await self._certificates.get_many(issued), new=new)
        # After it, so that whoever follows the changes knows a successor before it is named as one.
        await settle_products(self.session, self.actor, self.now, product_ids)
        return Recognised(decision, await self._certificates.get_many(issued))

    async def _known(
        self, order: RecognitionOrder, dossiers: Mapping[UUID, Dossier], product_ids: Sequence[UUID]
    ) -> _Known:
        places = {dossier.place_id for dossier in dossiers.values() if dossier.place_id is not None}
        return _Known(
            dossiers,
            await AppealRepository(self.session).leading_to_ratings(list(dossiers)),
            await self._places.as_of_many(places, order.decided_on),
            await self._certificates.of_products(product_ids),
        )

    def _checked(self, order: RecognitionOrder, known: _Known) -> list[_Ready]:
        ready: list[_Ready] = []
        faults: list[Fault] = []
        for place, dossier_id in enumerate(order.dossier_ids):
            try:
                one = self._ready(order, known, dossier_id)
                if ready and self._issuer_of(one) != self._issuer_of(ready[0]):
                    raise RuleViolation("decision.other_issuer")
                ready.append(one)
            except DomainError as error:
                faults.append(Fault(f"/body/dossier_ids/{place}", error, {"dossier_id": dossier_id}))
        if faults:
            raise SeveralFaults("decision.refused", faults)
        return ready

    @staticmethod
    def _issuer_of(one: _Ready) -> tuple[str, str | None]:
        return one.dossier.level, one.unit_id

    def _ready(self, order: RecognitionOrder, known: _Known, dossier_id: UUID) -> _Ready:
        """One dossier, when nothing speaks against recognising it; raises what does."""
        dossier = known.dossiers.get(dossier_id)
        if dossier is None:
            raise NotFound("dossier.unknown", dossier_id=dossier_id)
        level, regime = Level(dossier.level), regimes.regime(dossier.regime)
        in_charge = level_in_charge(level, self.today)
        scope = self.actor.scope(Permission.CERTIFICATE_ISSUE, levels={in_charge})
        if not scope.covers(area_path=dossier.area_path):
            raise Forbidden("auth.not_permitted", permission=Permission.CERTIFICATE_ISSUE.value)
        if dossier.state == State.RECOGNISED:
            raise Conflict("certificate.already_issued")
        if dossier.points is None:
            raise RuleViolation("certificate.result_missing")
        policy.check_decided_on(order.decided_on, lodged_on=dossier.lodged_on, today=self.today)
        outcome = forwarding(
            regime, level, dossier.points, dossier.star or 1, remanded=dossier.state == State.REMANDED
        )
        appeal = known.appeals.get(dossier_id)
        if appeal is not None:
            self._check_after_appeal(dossier, appeal, outcome, order, known.held)
        self._dossiers.step(
            dossier,
            Action.RECOGNISE,
            acting={Acting(Party.AUTHORITY, level)},
            satisfied={outcome.guard},
        )
        for record in known.held:
            held = record.certificate
            if (held.product_id, held.decision_number, held.decided_on, held.stars) == (
                dossier.product_id,
                order.decision_number,
                order.decided_on,
                outcome.star,
            ):
                raise Conflict("certificate.recognition_exists")
        codes = _codes_of(known.places.get(dossier.place_id or ""))
        return _Ready(
            dossier,
            outcome,
            appeal,
            issuing_unit(level, dossier.area_path, order.decided_on),
            codes,
            self._schemes.scheme_for(regime.code, codes),
        )

    def _check_after_appeal(
        self,
        dossier: Dossier,
        appeal: Appeal,
        outcome: Outcome,
        order: RecognitionOrder,
        held: Sequence[CertificateRecord],
    ) -> None:
        """Refuse to recognise by a rating after an appeal what does not better what is recognised.

        An appeal never makes it worse: with as many stars or fewer the recognition is confirmed instead.
        """
        if appeal.decided_on is not None and order.decided_on < appeal.decided_on:
            raise RuleViolation(
                "certificate.decided_before_appeal", decided_on=order.decided_on, appeal_on=appeal.decided_on
            )
        stars = standing_stars(dossier)
        if not stars:
            return
        if outcome.star <= stars:
            raise RuleViolation("certificate.no_more_stars", stars=outcome.star, held=stars)
        for record in held:
            contested = record.certificate
            if contested.dossier_id != dossier.id or contested.appeal_id is not None:
                continue
            standing = record.life.standing(self.today)
            if standing in {Standing.WITHDRAWN, Standing.SUPERSEDED}:
                raise RuleViolation("certificate.contested_ended", standing=standing.value)

    async def _decision(
        self, order: RecognitionOrder, level: Level, unit_id: str | None
    ) -> tuple[RecognitionDecision, bool]:
        """The decision, locked, and whether it is new: the one on record, else one of the order's words."""
        key = {
            "level": level.value,
            "place_id": unit_id,
            "number": order.decision_number,
            "decided_on": order.decided_on,
        }
        decision = await self._decisions.find(key)
        new = False
        if decision is None:
            issuer = await issuer_of(self._places, level, unit_id, order.decided_on)
            values = {
                "id": uuid7(),
                "issuing_authority": order.issuing_authority or issuer.authority,
                "signer_title": order.signed_by_title,
                "place": issuer.place,
                "area_path": [] if unit_id is None else await self._places.area_path(unit_id),
                "created_at": self.now,
                "created_by": self.actor.user_id,
            }
            decision, new = await self._decisions.find_or_add(key, values)
        authority = order.issuing_authority or decision.issuing_authority
        if (authority, order.signed_by_title) != (decision.issuing_authority, decision.signer_title):
            raise RuleViolation(
                "decision.other_words",
                number=decision.number,
                issuing_authority=decision.issuing_authority,
                signer_title=decision.signer_title,
            )
        return decision, new

    async def _allot(self, ready: Sequence[_Ready], year: int) -> list[CertificateNumber]:
        """The numbers, in the order of the dossiers."""
        series = [(one.scheme.prefix(one.codes), year) for one in ready]
        following = await self._numbers.allot(Counter(series))
        numbers = []
        for one, key in zip(ready, series, strict=True):
            numbers.append(one.scheme.number(one.codes, following[key], year))
            following[key] += 1
        return numbers

    def _facts(
        self,
        order: RecognitionOrder,
        one: _Ready,
        number: CertificateNumber,
        decision: RecognitionDecision,
        place: int,
    ) -> dict[str, Any]:
        regime = regimes.regime(one.dossier.regime)
        return {
            "number": number.text,
            "number_prefix": number.prefix,
            "number_year": number.year,
            "number_serial": number.serial,
            "dossier_id": one.dossier.id,
            "appeal_id": None if one.appeal is None else one.appeal.id,
            "recognition_decision_id": decision.id,
            "annex_place": place,
            "regime": regime.code,
            "level": decision.level,
            "stars": one.outcome.star,
            "decision_number": decision.number,
            "decided_on": decision.decided_on,
            "issuing_authority": decision.issuing_authority,
            "signer_title": decision.signer_title,
            "place": decision.place,
            "source": "issued",
            "confidence": "decision",
            **policy.term_of(issue(regime, order.decided_on)),
        }

    async def _tell(
        self, decision: RecognitionDecision, records: Sequence[CertificateRecord], *, new: bool
    ) -> None:
        happened = []
        if new:
            facts = {
                "number": decision.number,
                "decided_on": decision.decided_on.isoformat(),
                "level": decision.level,
                "place_id": decision.place_id,
                "products": len(records),
            }
            subject = "recognition_decision"
            happened.append(
                Happening(f"{subject}.made", subject, decision.id, facts, tuple(decision.area_path))
            )
        for record in records:
            row = record.certificate
            data = {
                **told_of(row),
                "dossier_id": str(row.dossier_id),
                "appeal_id": None if row.appeal_id is None else str(row.appeal_id),
                "decision_id": str(decision.id),
                "decision_number": row.decision_number,
                "decided_on": decision.decided_on.isoformat(),
                "valid_until": None if row.valid_until is None else row.valid_until.isoformat(),
            }
            happened.append(Happening("certificate.issued", "certificate", row.id, data, row.area_path))
        await record_many(self.session, happened, actor=self.actor, at=self.now)


def _codes_of(place: Place | None) -> dict[str, str]:
    """The codes of a place and the units above it, by the token that stands for them."""
    units = () if place is None else place.path
    codes = [unit.partition(":")[2] for unit in units]
    return {_DIGITS[len(code)]: code for code in codes if len(code) in _DIGITS}
