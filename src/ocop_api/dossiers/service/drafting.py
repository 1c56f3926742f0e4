"""The producer's part: writing the file, lodging it, answering supplement requests."""

import hashlib
from collections.abc import Callable, Collection
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.tables.dossiers import Dossier, DossierVersion
from ocop_api.documents.service import CitationService
from ocop_api.domain.actor import Permission
from ocop_api.domain.dossier import (
    Acting,
    Action,
    DossierKind,
    Guard,
    Level,
    Party,
    ProductCode,
    State,
    apply,
    check_rerating_lodging,
    start,
)
from ocop_api.domain.errors import Forbidden, Invalid, RuleViolation
from ocop_api.domain.regimes import ProducerForm, Regime, regime, regime_on
from ocop_api.domain.registration import phone_as_written
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.dossiers.checklist import findings, updates_shown
from ocop_api.dossiers.schemas import (
    DossierContents,
    DossierCreate,
    DossierUpdate,
    LodgeOrder,
    Registration,
    ResubmitOrder,
)
from ocop_api.dossiers.service.files import (
    DossierService,
    contents_of,
    documents_in,
    frozen_form,
    position_of,
)
from ocop_api.dossiers.service.terms import TermService
from ocop_api.places.service import Place, PlaceService
from ocop_api.producers.service import ProducerService
from ocop_api.products.service import ProductService

_OLD, _NEW = "63", "34"
_EDITABLE = frozenset({State.DRAFT, State.SUPPLEMENT_REQUESTED})
_PRODUCER = Acting(Party.PRODUCER)


class DraftingService(DossierService):
    """What a producer does with a dossier."""

    async def create(self, order: DossierCreate) -> Dossier:
        """Start a draft under the regime of today.

        Raises:
            NotFound: ``products.unknown``, ``places.unknown``.
            Forbidden: ``auth.not_permitted``, not for this producer.
            Invalid: ``dossier.set_number_missing`` or ``dossier.set_number_differs``.
            Conflict: ``dossier.already_open``, at the flush.
            RuleViolation: ``regimes.before_first_regime``.
        """
        product = await ProductService(self.session, self.actor, self.now).get(order.product_id)
        self.require_edit(product.producer_id)
        set_number = product.set_number or order.set_number
        if set_number is None:
            raise Invalid("dossier.set_number_missing")
        if order.set_number not in {None, set_number}:
            raise Invalid("dossier.set_number_differs", set_number=order.set_number, of_product=set_number)
        law = regime_on(self.today)
        first = start(law)
        place_id, area_path = product.place_id, list(product.area_path)
        if order.place_id is not None:
            place_id = order.place_id
            area_path = await PlaceService(self.session).area_path(place_id)
        dossier = Dossier(
            product_id=product.id,
            producer_id=product.producer_id,
            kind=order.kind.value,
            regime=law.code,
            state=first.state.value,
            level=first.level.value,
            edition=await self._edition_to_cite(law),
            set_number=set_number,
            place_id=place_id,
            area_path=area_path,
            contents=DossierContents(
                registration=await self._known_of(product.producer_id, product.name)
            ).model_dump(mode="json"),
            samples=0,
            created_at=self.now,
            updated_at=self.now,
            version=1,
        )
        self.session.add(dossier)
        # The id goes into the ledger, and a second open file must show here rather than at the commit.
        await self.session.flush()
        await self.tell(dossier, "dossier.created")
        return dossier

    async def _known_of(self, producer_id: UUID, product_name: str) -> Registration:
        """What the register knows for Form 01, for the producer to check and complete."""
        maker = await ProducerService(self.session, self.actor, self.now).get(producer_id)
        return Registration(
            organisation=maker.name,
            representative=maker.representative_name,
            position=maker.representative_position,
            address=maker.address,
            phone=None if maker.phone is None else phone_as_written(maker.phone),
            email=maker.email,
            product_name=product_name,
        )

    async def update(self, dossier: Dossier, body: DossierUpdate) -> Dossier:
        """Replace the parts that were sent, in a locked draft or while a supplement is asked for.

        Raises:
            Forbidden: ``auth.not_permitted``, not for this producer.
            RuleViolation: ``dossier.not_editable``.
            NotFound: ``places.unknown``.
            NotFound: ``documents.not_of_producer``. Invalid: ``documents.cited_withdrawn``.
        """
        self.require_edit(dossier.producer_id)
        if dossier.state not in _EDITABLE:
            raise RuleViolation("dossier.not_editable", state=dossier.state, level=dossier.level)
        sent = body.model_dump(mode="json", exclude_unset=True)
        place_id = sent.pop("place_id", None)
        if place_id is not None:
            if dossier.state != State.DRAFT:
                raise RuleViolation("dossier.not_editable", state=dossier.state, level=dossier.level)
            dossier.area_path = await PlaceService(self.session).area_path(place_id)
            dossier.place_id = place_id
        parts = {name: value for name, value in sent.items() if value is not None}
        merged = DossierContents.model_validate(dossier.contents | parts)
        if merged.self_assessment != contents_of(dossier).self_assessment:
            # What the producer has changed here is not what the saved self-assessment says any more.
            merged.self_assessment_origin = None
        if "evidence" in parts:
            await self._take_facts(dossier, merged)
        dossier.contents = merged.model_dump(mode="json")
        await self.follow_regime(dossier)
        await self.written(dossier, sorted(parts))
        return dossier

    async def _take_facts(self, dossier: Dossier, contents: DossierContents) -> None:
        """Let evidence that names a document say what the document says; ``Invalid`` as ``update``."""
        citations = CitationService(self.session)
        wanted = documents_in(contents)
        await citations.check(dossier.producer_id, wanted)
        known = await citations.known(wanted, self.actor)
        for item in contents.evidence:
            row = None if item.document_id is None else known[item.document_id][0]
            if row is None:
                continue
            item.number = row.number or item.number
            item.issuer = row.issuer or item.issuer
            item.issued_on = row.issued_on or item.issued_on
            item.expires_on = row.expires_on or item.expires_on

    async def written(self, dossier: Dossier, parts: Collection[str], **data: object) -> None:
        """Count a change of parts of a locked dossier, and tell of it."""
        dossier.updated_at = self.now
        dossier.touch()
        # The answer shows the new version.
        await self.session.flush()
        await self.tell(dossier, "dossier.edited", parts=list(parts), **data)

    async def lodging_facts(self, dossier: Dossier, law: Regime) -> frozenset[Guard]:
        """The guards of lodging that hold today under ``law``."""
        product = await ProductService(self.session, self.actor, self.now).get(dossier.product_id)
        producer = await ProducerService(self.session, self.actor, self.now).get(dossier.producer_id)
        contents = contents_of(dossier)
        expires_on = product.stars_valid_until
        edition = await self.edition_today(law)
        facts = {
            Guard.PRODUCER_ELIGIBLE: law.may_apply(
                ProducerForm(producer.legal_form), community_tourism=_is_tourism(edition, dossier.set_number)
            ),
            Guard.FILE_COMPLETE: not findings(
                (law, edition), DossierKind(dossier.kind), dossier.set_number, contents, self.today
            ),
            # Allotting cannot fail for a file that is in order, so the code counts as there.
            Guard.PRODUCT_CODE_ALLOTTED: True,
            Guard.CHANGES_SHOWN: bool(contents.changes),
            Guard.UPDATES_SHOWN: updates_shown(contents.updates),
            Guard.HOLDS_CERTIFICATE: product.recognition_status == "valid"
            and expires_on is not None
            and expires_on >= self.today,
        }
        held = {guard for guard, holds in facts.items() if holds}
        if expires_on is not None:
            try:
                check_rerating_lodging(law, expires_on, self.today)
            except RuleViolation:
                return frozenset(held)
            held.add(Guard.WITHIN_RERATING_WINDOW)
        return frozenset(held)

    async def lodge(self, dossier_id: UUID, order: LodgeOrder, check: Callable[[int], None]) -> Dossier:
        """Hand the file in: the regime of today, the commune and the product code are fixed for good.

        Raises:
            NotFound: ``dossier.unknown``, ``places.unknown``.
            Forbidden: ``dossier.not_the_acting_party``.
            Invalid: ``documents.cited_withdrawn``, when cited evidence has been withdrawn since.
            RuleViolation: ``dossier.action_not_allowed``; ``dossier.incomplete`` with ``findings``;
                ``dossier.outside_rerating_window``; ``dossier.guard_not_met``; ``dossier.place_missing``,
                ``dossier.place_not_commune`` or ``dossier.choose_place`` with ``candidates``.
        """
        dossier = await self.get(dossier_id, lock=True)
        check(dossier.version)
        law, kind, held = regime_on(self.today), DossierKind(dossier.kind), self.capacities(dossier)
        # State and party are judged first: what a stranger's file lacks is not told.
        apply(
            regime(dossier.regime),
            kind,
            position_of(dossier),
            Action.LODGE,
            capacities=held,
            satisfied=list(Guard),
        )
        await self.follow_regime(dossier)
        lacking = findings((law, dossier.edition), kind, dossier.set_number, contents_of(dossier), self.today)
        if lacking:
            told = [{"code": f.code, "pointer": f.pointer, "vi": f.vi, "en": f.en} for f in lacking]
            raise RuleViolation("dossier.incomplete", count=len(told), findings=told)
        facts = await self.lodging_facts(dossier, law)
        if kind is DossierKind.RERATING and Guard.HOLDS_CERTIFICATE in facts:
            await self._check_window(dossier, law)
        apply(law, kind, position_of(dossier), Action.LODGE, capacities=held, satisfied=facts)
        place = await self._commune(order.place_id or dossier.place_id, law)
        dossier.place_id = place.id
        dossier.area_path = await PlaceService(self.session).area_path(place.id)
        dossier.lodged_on = self.today
        dossier.product_code = str(await self._allot(law, place))
        await self.advance(
            dossier,
            Action.LODGE,
            acting=_PRODUCER,
            satisfied=facts,
            data={"place_id": place.id, "version": await self._freeze(dossier)} | _origin_in(dossier),
        )
        return dossier

    async def resubmit(self, dossier_id: UUID, order: ResubmitOrder, check: Callable[[int], None]) -> Dossier:
        """Send the answered file back to the desk that asked.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``advance``; ``dossier.items_unanswered`` with the
                numbers of the items that have no answer.
        """
        dossier = await self.get(dossier_id, lock=True)
        check(dossier.version)
        held = self.capacities(dossier)
        apply(
            regime(dossier.regime),
            DossierKind(dossier.kind),
            position_of(dossier),
            Action.RESUBMIT,
            capacities=held,
            satisfied=list(Guard),
        )
        asked = await self.rows.last_step(dossier.id, Action.REQUEST_SUPPLEMENT.value)
        count = 0 if asked is None else len(asked.data["items"])
        answered = {answer.item for answer in order.answers}
        open_items = [number for number in range(1, count + 1) if number not in answered]
        if open_items:
            raise RuleViolation("dossier.items_unanswered", items=open_items)
        data = order.model_dump(mode="json") | {"version": await self._freeze(dossier)}
        await self.advance(dossier, Action.RESUBMIT, acting=held, satisfied={Guard.ITEMS_ANSWERED}, data=data)
        return dossier

    def require_edit(self, producer_id: UUID) -> None:
        """Raise ``Forbidden`` ``auth.not_permitted`` unless the actor writes for the producer."""
        if not self.actor.scope(Permission.DOSSIER_EDIT).covers(producer_id=producer_id):
            raise Forbidden("auth.not_permitted", permission=Permission.DOSSIER_EDIT.value)

    async def follow_regime(self, dossier: Dossier) -> None:
        """Put a draft under the law of today; its entry level may have become another."""
        if dossier.state != State.DRAFT:
            return
        law = regime_on(self.today)
        dossier.regime = law.code
        dossier.edition = await self._edition_to_cite(law)
        dossier.level = start(law).level.value

    async def decision_expected(self, dossier: Dossier) -> date | None:
        """The day by which the province would have decided on a draft that is lodged today."""
        terms = TermService(self.session, self.today)
        return await terms.expected_decision(
            regime_on(self.today), DossierKind(dossier.kind), self.today, dossier.area_path
        )

    async def edition_today(self, law: Regime) -> str | None:
        """Code of the edition for a file lodged today; None where the regime is kept without criteria."""
        return await EditionShelf(self.session).under(law.criteria_edition, self.today)

    async def _edition_to_cite(self, law: Regime) -> str | None:
        """As ``edition_today``, and nobody changes or removes it before this transaction ends."""
        await EditionShelf(self.session).cite()
        return await self.edition_today(law)

    async def _check_window(self, dossier: Dossier, law: Regime) -> None:
        product = await ProductService(self.session, self.actor, self.now).get(dossier.product_id)
        if product.stars_valid_until is not None:
            check_rerating_lodging(law, product.stars_valid_until, self.today)

    async def _commune(self, place_id: str | None, law: Regime) -> Place:
        """The commune of lodging in the structure the regime's product code is written in.

        From 1 to 5 July 2025 Decision 148 was still the rule while districts were gone; a code with a
        district can then only name the former commune, which is our default.
        """
        if place_id is None:
            raise RuleViolation("dossier.place_missing")
        places = PlaceService(self.session)
        place = await places.get(place_id)
        if place.level is not Level.COMMUNE:
            raise RuleViolation("dossier.place_not_commune", place_id=place.id, name=place.full_name)
        wanted = _OLD if law.product_code_has_district else _NEW
        if place.structure == wanted:
            return place
        related = await places.successors(place.id) if wanted == _NEW else await places.predecessors(place.id)
        communes = [item.place for item in related if item.place.level is Level.COMMUNE]
        if len(communes) == 1:
            return communes[0]
        raise RuleViolation(
            "dossier.choose_place",
            place_id=place.id,
            name=place.full_name,
            candidates=[{"id": item.id, "full_name": item.full_name} for item in communes],
        )

    async def _allot(self, law: Regime, place: Place) -> ProductCode:
        units = {len(code): code for code in (unit.partition(":")[2] for unit in place.path)}
        while True:
            code = ProductCode.allot(
                law,
                province=units[2],
                district=units.get(3),
                commune=place.code,
                serial=await self.rows.next_serial(place.id, self.today.year),
                year=self.today.year,
            )
            # Codes given before this system came are on imported products; their serials are left out.
            if not await self.rows.code_in_use(str(code)):
                return code

    async def _freeze(self, dossier: Dossier) -> int:
        """Keep the file as it stands; gives the number of the version."""
        contents = frozen_form(dossier)
        number = await self.rows.next_version(dossier.id)
        # What a lodged file relies on stays: from here on these documents cannot be withdrawn.
        cited = documents_in(contents_of(dossier))
        await CitationService(self.session).cite(dossier.id, number, dossier.producer_id, cited)
        self.session.add(
            DossierVersion(
                dossier_id=dossier.id,
                number=number,
                at=self.now,
                actor_id=self.actor.user_id,
                contents=contents,
                sha256=hashlib.sha256(orjson.dumps(contents, option=orjson.OPT_SORT_KEYS)).hexdigest(),
            )
        )
        # The step that follows cites the newest version, which has to be there then.
        await self.session.flush()
        return number


def _origin_in(dossier: Dossier) -> dict[str, Any]:
    """Where part III was taken over from, for the history; nothing when it was written here."""
    origin = dossier.contents.get("self_assessment_origin")
    return {} if origin is None else {"self_assessment_origin": origin}


def _is_tourism(edition: str | None, set_number: int) -> bool:
    """Whether the set is the one of tourism services, told by its needing no samples."""
    if edition is None:
        return False
    return load_edition(edition).criteria_set(set_number).samples_required == 0
