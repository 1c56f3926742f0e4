"""A file as those who examine it have it before them: one version, with what was reported about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ocop_api.db.tables.documents import Document
from ocop_api.db.tables.dossiers import Dossier, DossierStep
from ocop_api.documents.service import CitationService
from ocop_api.domain.dossier import Action, Level
from ocop_api.domain.errors import NotFound
from ocop_api.dossiers.examinations_schemas import ExaminationRecord
from ocop_api.dossiers.report_schemas import CouncilReport
from ocop_api.dossiers.schemas import DossierContents
from ocop_api.dossiers.service.examinations import ExaminationService
from ocop_api.dossiers.service.files import DossierService, documents_in
from ocop_api.producers.service import ProducerService
from ocop_api.products.service import ProductService


@dataclass(frozen=True, slots=True)
class ExaminedFile:
    """One version of a file, with Form 03, the report to the council, and surveys and tests."""

    dossier: Dossier
    version_number: int | None
    product_name: str
    producer_name: str
    contents: DossierContents
    documents: tuple[Document, ...]
    commune_report: Mapping[str, Any] | None
    assessment_report: CouncilReport | None
    examinations: tuple[ExaminationRecord, ...]


class ExaminingService(DossierService):
    """Files for whoever may read them."""

    async def examined(self, dossier_id: UUID, number: int | None) -> ExaminedFile:
        """A version of a file, the newest if none is named; a file without any as it is now.

        Raises:
            NotFound: ``dossier.unknown``, ``dossier.unknown_version``.
        """
        dossier = await self.get(dossier_id)
        if number is None:
            number = (await self.rows.newest_versions([dossier_id])).get(dossier_id)
        frozen: Mapping[str, Any] = dossier.contents
        if number is not None:
            version = await self.rows.version(dossier_id, number)
            if version is None:
                raise NotFound("dossier.unknown_version", number=number)
            frozen = version.contents
        contents = DossierContents.model_validate(
            {name: frozen[name] for name in DossierContents.model_fields if name in frozen}
        )
        product = await ProductService(self.session, self.actor, self.now).get(dossier.product_id)
        producer = await ProducerService(self.session, self.actor, self.now).get(dossier.producer_id)
        known = await CitationService(self.session).known(documents_in(contents), self.actor)
        reported = commune_step(await self.rows.all_steps(dossier_id))
        advised = await self.rows.last_step(dossier_id, Action.SUBMIT_REPORT.value)
        examinations = ExaminationService(self.session, self.actor, self.now)
        return ExaminedFile(
            dossier=dossier,
            version_number=number,
            product_name=product.name,
            producer_name=producer.name,
            contents=contents,
            documents=tuple(row for row, seen in known.values() if seen),
            commune_report=None if reported is None else reported.data["form_03"],
            assessment_report=None if advised is None else CouncilReport.model_validate(advised.data),
            examinations=tuple(await examinations.all_of(dossier)),
        )


def commune_step(steps: Iterable[DossierStep]) -> DossierStep | None:
    """The step by which the commune sent the file up, with its report; the last one if there are several."""
    sent = [
        one
        for one in steps
        if one.action == Action.FORWARD.value and one.from_level == Level.COMMUNE and one.data.get("form_03")
    ]
    return sent[-1] if sent else None
