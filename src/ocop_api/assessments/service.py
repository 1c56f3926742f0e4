"""Writing self-assessments, finishing them, and what other features read of them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.assessments.policy import (
    Entries,
    Entry,
    as_json,
    check_choices,
    check_gates,
    check_wanted,
    documents_in,
    domain_choices,
    entries_of,
    sheet_of,
)
from ocop_api.assessments.repository import AssessmentRepository
from ocop_api.assessments.schemas import (
    AssessedChoice,
    AssessedChoices,
    AssessmentCreate,
    AssessmentFilter,
    AssessmentState,
    AssessmentUpdate,
)
from ocop_api.db import merging
from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.paging import Rows
from ocop_api.db.tables.products import Product
from ocop_api.db.tables.self_assessment import SelfAssessment
from ocop_api.documents.service import CitationService
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.domain.rubric.scoresheet import Choice, Scoresheet
from ocop_api.domain.rubric.stars import Evaluation, evaluate
from ocop_api.ledger.recording import record
from ocop_api.products.service import ProductService

Check = Callable[[int], None]
"""Refuses a version that is not the caller's, such as ``ExpectedVersion.check``."""


@dataclass(frozen=True, slots=True)
class Held:
    """A self-assessment the actor may see, with its product."""

    row: SelfAssessment
    product: Product

    @property
    def entries(self) -> dict[str, Entry]:
        """What is chosen, by criterion."""
        return entries_of(self.row.choices)

    @property
    def sheet(self) -> Scoresheet:
        """The choices as the rubric takes them."""
        return sheet_of(self.row.edition, self.row.set_number, self.entries, self.row.gates)

    @property
    def evaluation(self) -> Evaluation:
        """What the choices come to."""
        return evaluate(self.sheet)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a dossier takes over from a self-assessment. ``evidence``: criteria by document."""

    id: UUID
    version: int
    state: AssessmentState
    product_id: UUID
    edition: str
    set_number: int
    choices: Mapping[str, Choice]
    evidence: Mapping[UUID, list[str]]


class AssessmentService:
    """Self-assessments for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self._rows = AssessmentRepository(session)
        self._editions = EditionShelf(session)

    @property
    def today(self) -> date:
        """The calendar day in Vietnam."""
        return vietnam_date(self.now)

    async def get(self, assessment_id: UUID, *, lock: bool = False) -> Held:
        """One the actor may read.

        Raises:
            NotFound: ``assessments.unknown``; also when it is not visible.
        """
        found = await self._rows.find(assessment_id, self.actor, lock=lock)
        if found is None:
            raise NotFound("assessments.unknown", assessment_id=assessment_id)
        held = Held(*found)
        await self._editions.need([held.row.edition])
        return held

    async def get_for_edit(self, assessment_id: UUID) -> Held:
        """One the actor may write, locked and not finished.

        Raises:
            NotFound: as ``get``.
            Forbidden: ``auth.not_permitted``.
            RuleViolation: ``assessments.finished``.
        """
        held = await self.get(assessment_id, lock=True)
        self._require_edit(held.product)
        if held.row.state == AssessmentState.FINISHED:
            raise RuleViolation("assessments.finished", finished_at=held.row.finished_at)
        return held

    async def page(self, product_id: UUID, wanted: AssessmentFilter) -> Rows:
        """One page of a product's self-assessments.

        Raises:
            NotFound: ``products.unknown``, ``assessments.none_to_see``.
        """
        product = await self._product(product_id)
        return await self._rows.page(product.id, wanted)

    async def create(self, product_id: UUID, body: AssessmentCreate) -> Held:
        """Start one for a product, empty or as a copy.

        Raises:
            NotFound: as ``page``; ``assessments.unknown``, ``rubric.unknown_edition``,
                ``rubric.unknown_set``, ``rubric.no_edition_in_force``.
            Forbidden: ``auth.not_permitted``.
            Invalid: ``assessments.set_number_missing``, ``assessments.other_product``,
                ``rubric.unknown_target_star``.
            RuleViolation: ``assessments.copy_of_other_criteria``.
        """
        product = await self._product(product_id)
        self._require_edit(product)
        origin = None if body.copy_of is None else await self._copied(product, body)
        if origin is None:
            # Nobody changes or removes the edition before this transaction ends.
            await self._editions.cite()
            if body.edition is None:
                edition = (await self._editions.in_force(self.today)).code
            else:
                edition = (await self._editions.load(body.edition)).code
            set_number = body.set_number or product.set_number
            if set_number is None:
                raise Invalid("assessments.set_number_missing")
        else:
            edition, set_number = origin.row.edition, origin.row.set_number
        target_star = body.target_star or (None if origin is None else origin.row.target_star)
        check_wanted(edition, target_star)
        # The copy is the first version of everything in it.
        entries = {} if origin is None else _first_version(origin.entries, self.now)
        row = SelfAssessment(
            product_id=product.id,
            edition=edition,
            set_number=set_number,
            title=body.title,
            notes=None if origin is None else origin.row.notes,
            target_star=target_star,
            choices=as_json(entries),
            gates=[] if origin is None else list(origin.row.gates),
            state=AssessmentState.DRAFT.value,
            copied_from_id=body.copy_of,
            created_by=self.actor.user_id,
            created_at=self.now,
            updated_at=self.now,
            version=1,
        )
        held = Held(row, product)
        _sum_up(held)
        self.session.add(row)
        # The id goes into the ledger.
        await self.session.flush()
        await self._tell(held, "self_assessment.created")
        return held

    async def update(self, held: Held, body: AssessmentUpdate) -> None:
        """Apply the fields that were sent to one from ``get_for_edit``.

        Raises:
            Invalid: ``rubric.unknown_target_star``, and as ``policy.check_gates``.
        """
        row = held.row
        sent = body.model_dump(exclude_unset=True)
        check_wanted(row.edition, sent.get("target_star"))
        if "gates" in sent:
            check_gates(row.edition, row.set_number, body.gates or [])
            sent["gates"] = sent["gates"] or []
        for name, value in sent.items():
            setattr(row, name, value)
        await self._written(held)

    async def choose(self, held: Held, code: str, body: AssessedChoice, check: Check) -> None:
        """Put one choice into one from ``get_for_edit``; the same again changes nothing at any version.

        Raises:
            StaleVersion: of ``check``, when somebody else changed this criterion meanwhile.
            Invalid: as ``policy.check_choices``; ``documents.cited_withdrawn``.
            NotFound: ``documents.not_of_producer``.
        """
        entries = held.entries
        stored = entries.get(code)
        entry = Entry.written(body, held.row.version + 1, self.now)
        if entry.says_as(stored):
            return
        check(0 if stored is None else stored.version)
        check_choices(held.row.edition, held.row.set_number, {code: entry})
        await self._check_evidence(held, {code: entry}, entries)
        await self._put(held, entries | {code: entry})

    async def clear(self, held: Held, code: str, check: Check) -> None:
        """Take one choice out of one from ``get_for_edit``; one that is not there stays so.

        Raises:
            StaleVersion: of ``check``. Invalid: ``rubric.unknown_criterion``.
        """
        entries = held.entries
        if code not in entries:
            nothing = Entry.written(AssessedChoice(level=None, case=None, remark=None), 0, self.now)
            check_choices(held.row.edition, held.row.set_number, {code: nothing})
            return
        check(entries.pop(code).version)
        await self._put(held, entries)

    async def replace(self, held: Held, body: AssessedChoices) -> None:
        """Put all choices at once into one from ``get_for_edit``; what stays the same keeps its version.

        Raises:
            Invalid: as ``policy.check_choices`` and ``policy.check_gates``; ``documents.cited_withdrawn``.
            NotFound: ``documents.not_of_producer``.
        """
        row, stored = held.row, held.entries
        written: dict[str, Entry] = {}
        for code, choice in body.choices.items():
            entry = Entry.written(choice, row.version + 1, self.now)
            before = stored.get(code)
            written[code] = before if before is not None and entry.says_as(before) else entry
        check_choices(row.edition, row.set_number, written)
        if body.gates is not None:
            check_gates(row.edition, row.set_number, body.gates)
            row.gates = [gate.model_dump() for gate in body.gates]
        await self._check_evidence(held, written, stored)
        await self._put(held, written)

    async def finish(self, held: Held) -> None:
        """Freeze one from ``get_for_edit`` for good.

        Raises:
            RuleViolation: ``assessments.nothing_chosen``.
        """
        if held.row.scored == 0:
            raise RuleViolation("assessments.nothing_chosen")
        held.row.state = AssessmentState.FINISHED.value
        held.row.finished_at = self.now
        await self._written(held)
        await self._tell(held, "self_assessment.finished")

    async def remove(self, held: Held) -> None:
        """Delete a draft from ``get_for_edit``."""
        await self._rows.remove(held.row)
        await self._tell(held, "self_assessment.deleted")

    async def carried(self, assessment_id: UUID) -> Carried:
        """What a dossier takes over; ``NotFound`` as ``get``."""
        held = await self.get(assessment_id)
        row, entries = held.row, held.entries
        evidence: dict[UUID, list[str]] = {}
        for code in held.sheet.criteria_set.criteria:
            for document_id in entries[code].evidence if code in entries else ():
                evidence.setdefault(document_id, []).append(code)
        return Carried(
            id=row.id,
            version=row.version,
            state=AssessmentState(row.state),
            product_id=row.product_id,
            edition=row.edition,
            set_number=row.set_number,
            choices=domain_choices(entries),
            evidence=evidence,
        )

    async def _product(self, product_id: UUID) -> Product:
        """The product, or the one it was merged into, for those who may read its self-assessments."""
        survivor = await merging.successor_of(self.session, product_id)
        product = await ProductService(self.session, self.actor, self.now).get(survivor or product_id)
        scope = self.actor.scope(Permission.PRODUCT_READ)
        if not scope.covers(area_path=product.area_path, producer_id=product.producer_id):
            # The product is public, what its producer thinks of it is not: it is answered as not there.
            raise NotFound("assessments.none_to_see", product_id=product_id)
        return product

    def _require_edit(self, product: Product) -> None:
        scope = self.actor.scope(Permission.PRODUCT_EDIT)
        if not scope.covers(area_path=product.area_path, producer_id=product.producer_id):
            raise Forbidden("auth.not_permitted", permission=Permission.PRODUCT_EDIT)

    async def _copied(self, product: Product, body: AssessmentCreate) -> Held | None:
        if body.copy_of is None:
            return None
        origin = await self.get(body.copy_of)
        if origin.row.product_id != product.id:
            raise Invalid("assessments.other_product", assessment_id=body.copy_of)
        wanted = (body.edition or origin.row.edition, body.set_number or origin.row.set_number)
        if wanted != (origin.row.edition, origin.row.set_number):
            raise RuleViolation(
                "assessments.copy_of_other_criteria",
                edition=origin.row.edition,
                set_number=origin.row.set_number,
            )
        return origin

    async def _check_evidence(self, held: Held, written: Entries, stored: Entries) -> None:
        """Hold documents that are new here to be the producer's own and to be seen by the actor."""
        wanted: Collection[UUID] = documents_in(written) - documents_in(stored)
        citations = CitationService(self.session)
        await citations.check(held.product.producer_id, wanted)
        known = await citations.known(wanted, self.actor)
        hidden = sorted(str(document_id) for document_id, (_, seen) in known.items() if not seen)
        if hidden:
            raise NotFound("documents.not_of_producer", document_ids=hidden)

    async def _put(self, held: Held, entries: Entries) -> None:
        held.row.choices = as_json(entries)
        await self._written(held)

    async def _written(self, held: Held) -> None:
        _sum_up(held)
        held.row.updated_at = self.now
        held.row.touch()
        # The answer shows the new version.
        await self.session.flush()

    async def _tell(self, held: Held, kind: str) -> None:
        """Write a ledger event that says that there is one, and nothing of what it holds."""
        row = held.row
        await record(
            self.session,
            kind=kind,
            subject_type="self_assessment",
            subject_id=row.id,
            actor=self.actor,
            at=self.now,
            data={
                "product_id": str(row.product_id),
                "producer_id": str(held.product.producer_id),
                "edition": row.edition,
                "set_number": row.set_number,
            },
            area_path=held.product.area_path,
        )


def _first_version(entries: Entries, now: datetime) -> dict[str, Entry]:
    return {
        code: Entry(entry.level, entry.case, entry.remark, entry.evidence, 1, now)
        for code, entry in entries.items()
    }


def _sum_up(held: Held) -> None:
    """Repeat in columns what the choices come to."""
    found, row = held.evaluation, held.row
    values: Iterable[tuple[str, Any]] = {
        "outcome": found.outcome.value,
        "criteria": len(found.criteria),
        "scored": len(found.criteria) - len(found.missing),
        "total": found.total,
        "most_total": found.most_total,
        "star": found.star,
    }.items()
    for name, value in values:
        setattr(row, name, value)
