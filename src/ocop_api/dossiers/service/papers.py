"""The official forms of a stored dossier."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from ocop_api.db.tables.dossiers import Dossier, DossierStep
from ocop_api.db.tables.producers import Producer
from ocop_api.documents.service import CitationService
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.dossier import Action, DossierKind, Level, ProductCode, registration_slip_number
from ocop_api.domain.errors import NotFound
from ocop_api.domain.regimes import regime
from ocop_api.domain.registration import phone_as_written
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.scoresheet import Choice, Scoresheet, find_faults
from ocop_api.domain.rubric.stars import Evaluation, evaluate
from ocop_api.dossiers.papers.blocks import Form
from ocop_api.dossiers.papers.forms import FormFacts, Maker, PrintedDocument, form_01, form_02, form_03
from ocop_api.dossiers.papers.printing import form_pdf
from ocop_api.dossiers.papers.word import form_docx
from ocop_api.dossiers.schemas import DossierContents
from ocop_api.dossiers.service.examining import commune_step
from ocop_api.dossiers.service.files import DossierService, documents_in, frozen_form
from ocop_api.places.service import PlaceService
from ocop_api.producers.service import ProducerService
from ocop_api.products.service import ProductService


class FormNumber(StrEnum):
    """A form of Annex III."""

    REGISTRATION = "01"
    SELF_ASSESSMENT = "02"
    COMMUNE_REPORT = "03"


@dataclass(frozen=True, slots=True)
class PaperFile:
    """A form as a file, and the name to save it by, without extension."""

    content: bytes
    stem: str


_BUILDERS = {
    FormNumber.REGISTRATION: form_01,
    FormNumber.SELF_ASSESSMENT: form_02,
    FormNumber.COMMUNE_REPORT: form_03,
}


class PaperService(DossierService):
    """Forms for whoever may read the dossier."""

    async def pdf(self, dossier_id: UUID, number: FormNumber, version: int | None) -> PaperFile:
        """A form to print; raises as ``form``."""
        form, at, stem = await self.form(dossier_id, number, version)
        return PaperFile(await asyncio.to_thread(form_pdf, form, at), stem)

    async def docx(self, dossier_id: UUID, number: FormNumber, version: int | None) -> PaperFile:
        """A form to edit; raises as ``form``."""
        form, at, stem = await self.form(dossier_id, number, version)
        return PaperFile(await asyncio.to_thread(form_docx, form, at), stem)

    async def form(
        self, dossier_id: UUID, number: FormNumber, version: int | None
    ) -> tuple[Form, datetime, str]:
        """A form of a visible dossier, the time it is dated with, and its name.

        A lodged file is printed as it was frozen, by default the last time; a draft as it is now, marked.

        Raises:
            NotFound: ``dossier.unknown``, ``dossier.unknown_version``; ``dossier.no_form_03`` before the
                commune has reported, and where none does.
        """
        dossier = await self.get(dossier_id)
        frozen, at = await self._frozen(dossier, version)
        steps = list(await self.rows.all_steps(dossier.id))
        if number is FormNumber.COMMUNE_REPORT and commune_step(steps) is None:
            raise NotFound("dossier.no_form_03")
        facts = await self._facts(dossier, frozen, steps)
        stem = f"form-{number.value}-{dossier.product_code or dossier.id}"
        return _BUILDERS[number](facts), at, stem

    async def _frozen(self, dossier: Dossier, version: int | None) -> tuple[Mapping[str, Any], datetime]:
        if dossier.lodged_on is None and version is None:
            day = vietnam_date(dossier.updated_at)
            return frozen_form(dossier), datetime.combine(day, time(), tzinfo=UTC)
        versions = await self.rows.versions(dossier.id)
        wanted = len(versions) if version is None else version
        found = next((one for one in versions if one.number == wanted), None)
        if found is None:
            raise NotFound("dossier.unknown_version", number=wanted)
        return found.contents, found.at

    async def _facts(
        self, dossier: Dossier, frozen: Mapping[str, Any], steps: list[DossierStep]
    ) -> FormFacts:
        contents = DossierContents.model_validate(
            {name: frozen[name] for name in DossierContents.model_fields if name in frozen}
        )
        law = regime(frozen["regime"])
        product = await ProductService(self.session, self.actor, self.now).get(dossier.product_id)
        producer = await ProducerService(self.session, self.actor, self.now).get(dossier.producer_id)
        commune, province = await self._places(frozen.get("place_id"))
        known = await CitationService(self.session).known(documents_in(contents), self.actor)
        criteria_set, evaluation = None, None
        if frozen["edition"] is not None:
            criteria_set = load_edition(frozen["edition"]).criteria_set(frozen["set_number"])
            evaluation = _evaluated(frozen["edition"], frozen["set_number"], contents)
        lodged_on = None if frozen.get("lodged_on") is None else date.fromisoformat(frozen["lodged_on"])
        reported = commune_step(steps)
        received = next((one for one in steps if one.action == Action.RECEIVE.value), None)
        needed = 0 if criteria_set is not None and criteria_set.samples_required == 0 else law.lodging.samples
        code = frozen.get("product_code")
        return FormFacts(
            kind=DossierKind(frozen["kind"]),
            decision=law.decisions[-1].number,
            contents=contents,
            maker=_maker(producer),
            product_name=product.name,
            commune=commune,
            province=province,
            year=(lodged_on or self.today).year,
            slip="" if code is None else registration_slip_number(ProductCode.parse(code)),
            lodged_on=lodged_on,
            received_on=None if received is None else vietnam_date(received.at),
            samples=needed,
            criteria_set=criteria_set,
            evaluation=evaluation,
            documents={id_: PrintedDocument(row.title, row.pages) for id_, (row, _) in known.items()},
            form_03=None if reported is None else reported.data.get("form_03"),
            form_03_letter=None if reported is None else reported.data.get("request_letter"),
            form_03_on=None if reported is None else vietnam_date(reported.at),
            draft=dossier.lodged_on is None,
        )

    async def _places(self, place_id: str | None) -> tuple[str, str]:
        """Full names of the commune of lodging and its province; empty where they are not known."""
        if place_id is None:
            return "", ""
        places = PlaceService(self.session)
        place = await places.get(place_id)
        above = await places.get_many([one for one in place.path if one != place.id])
        province = next((one.full_name for one in above.values() if one.level is Level.PROVINCE), "")
        return (place.full_name if place.level is Level.COMMUNE else ""), province


def _evaluated(edition: str, set_number: int, contents: DossierContents) -> Evaluation | None:
    choices = {code: Choice(item.level, item.case) for code, item in contents.self_assessment.items()}
    # A draft may hold choices of another edition; they are told as findings and printed as not chosen.
    if find_faults(edition, set_number, choices):
        known = load_edition(edition).criteria_set(set_number).criteria
        choices = {
            code: choice
            for code, choice in choices.items()
            if code in known and not find_faults(edition, set_number, {code: choice})
        }
    return evaluate(Scoresheet(edition, set_number, choices))


def _maker(producer: Producer) -> Maker:
    return Maker(
        name=producer.name,
        legal_form=producer.legal_form,
        address=producer.address or "",
        representative=producer.representative_name or "",
        position=producer.representative_position or "",
        is_woman=producer.representative_is_woman,
        phone="" if producer.phone is None else phone_as_written(producer.phone),
        email=producer.email or "",
        registered_on=producer.registered_on,
        registration_number=producer.registration_number or "",
    )
