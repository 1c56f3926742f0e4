"""Everything of a dossier for taking it along: contents, history, versions and evidence."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from ocop_api.db.tables.dossiers import Dossier, DossierStep, DossierVersion
from ocop_api.documents.content import ACCEPTED
from ocop_api.documents.service import CitationService, Document, DocumentService
from ocop_api.domain.dossier import State
from ocop_api.domain.vietnamese import fold
from ocop_api.dossiers.examinations_schemas import ExaminationRecord
from ocop_api.dossiers.packing import PackedFile, bytes_file, json_file
from ocop_api.dossiers.schemas import DossierStepRead, VersionRead
from ocop_api.dossiers.service.examinations import ExaminationService
from ocop_api.dossiers.service.files import DossierService, contents_of, documents_in, frozen_form
from ocop_api.dossiers.service.papers import FormNumber, PaperService

_NAME_LENGTH = 60


class ExportService(DossierService):
    """Packages for whoever may read the dossier."""

    async def package(
        self, dossier_id: UUID, documents: DocumentService
    ) -> tuple[Dossier, dict[str, Any], list[PackedFile]]:
        """The dossier, what its manifest says, and its files.

        Officials get what was lodged; the producer of a draft, or of a file that is open for additions, also
        what is being written and the documents it cites.

        Raises:
            NotFound: ``dossier.unknown``.
        """
        dossier = await self.get(dossier_id)
        versions = list(await self.rows.versions(dossier.id))
        steps = list(await self.rows.all_steps(dossier.id))
        rows = await CitationService(self.session).cited_by(dossier.id)
        if State(dossier.state) in {State.DRAFT, State.SUPPLEMENT_REQUESTED}:
            known = await CitationService(self.session).known(documents_in(contents_of(dossier)), self.actor)
            there = {row.id for row in rows}
            rows += [row for row, seen in known.values() if seen and row.id not in there]
        examined = await ExaminationService(self.session, self.actor, self.now).all_of(dossier)
        files = [
            json_file("dossier.json", frozen_form(dossier)),
            json_file("history.json", [_step(one) for one in steps]),
            *([json_file("examinations.json", [_examination(one) for one in examined])] if examined else []),
            *(json_file(f"versions/{one.number:02d}.json", _version(one)) for one in versions),
            *[await self._form(dossier.id, number) for number in self._forms(steps)],
            *(_evidence(place, row, documents) for place, row in enumerate(rows, 1)),
        ]
        return dossier, _facts(dossier), files

    async def let_go(self) -> None:
        """Give the connection back: what follows takes long and reads nothing more."""
        self.session.expunge_all()
        await self.session.rollback()

    @staticmethod
    def _forms(steps: list[DossierStep]) -> list[FormNumber]:
        reported = any(one.data.get("form_03") for one in steps)
        return [one for one in FormNumber if reported or one is not FormNumber.COMMUNE_REPORT]

    async def _form(self, dossier_id: UUID, number: FormNumber) -> PackedFile:
        paper = await PaperService(self.session, self.actor, self.now).pdf(dossier_id, number, None)
        return bytes_file(f"forms/{number.value}.pdf", "application/pdf", paper.content)


def _facts(dossier: Dossier) -> dict[str, Any]:
    return {
        "id": str(dossier.id),
        "kind": dossier.kind,
        "regime": dossier.regime,
        "edition": dossier.edition,
        "set_number": dossier.set_number,
        "state": dossier.state,
        "level": dossier.level,
        "product_code": dossier.product_code,
        "lodged_on": None if dossier.lodged_on is None else dossier.lodged_on.isoformat(),
    }


def _step(row: DossierStep) -> dict[str, Any]:
    return DossierStepRead.model_validate(row).model_dump(mode="json")


def _examination(found: ExaminationRecord) -> dict[str, Any]:
    return found.model_dump(mode="json")


def _version(row: DossierVersion) -> dict[str, Any]:
    return VersionRead.model_validate(row).model_dump(mode="json")


def _evidence(place: int, row: Document, documents: DocumentService) -> PackedFile:
    async def opened() -> AsyncIterator[bytes]:
        async for piece in await documents.content(row):
            yield piece

    title = re.sub(r"[^a-z0-9]+", "-", fold(row.title)).strip("-")[:_NAME_LENGTH].strip("-")
    name = "-".join(part for part in (f"{place:03d}", row.kind, title) if part)
    facts = {
        "id": str(row.id),
        "kind": row.kind,
        "title": row.title,
        "number": row.number,
        "issuer": row.issuer,
        "issued_on": None if row.issued_on is None else row.issued_on.isoformat(),
        "expires_on": None if row.expires_on is None else row.expires_on.isoformat(),
    }
    file_name = f"evidence/{name}{ACCEPTED[row.media_type]}"
    return PackedFile(file_name, row.media_type, row.size, row.sha256, opened, facts)
