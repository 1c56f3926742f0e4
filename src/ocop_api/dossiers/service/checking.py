"""The checklist of a stored file."""

from uuid import UUID

from ocop_api.db.tables.dossiers import Dossier
from ocop_api.documents.service import CitationService
from ocop_api.domain.dossier import DossierKind, State
from ocop_api.domain.regimes import regime, regime_on
from ocop_api.dossiers.checking import CitedFile, FileFacts, advisories, kinds, parts, told
from ocop_api.dossiers.checklist import findings, registration_compulsory
from ocop_api.dossiers.checklist_schemas import ChecklistRead, Severity
from ocop_api.dossiers.service.drafting import DraftingService
from ocop_api.dossiers.service.examinations import ExaminationService
from ocop_api.dossiers.service.files import contents_of, documents_in, samples_needed
from ocop_api.dossiers.service.terms import TermService


class CheckingService(DraftingService):
    """Checks files for whoever may read them."""

    async def checked(self, dossier_id: UUID) -> ChecklistRead:
        """The checklist of a visible dossier: a draft by the law of today, a lodged file by its own.

        Raises:
            NotFound: ``dossier.unknown``.
        """
        dossier = await self.get(dossier_id)
        facts = await self._facts(dossier)
        on = dossier.lodged_on or self.today
        blocking = findings((facts.law, facts.edition), facts.kind, facts.set_number, facts.contents, on)
        found = sorted(
            [*told(blocking), *advisories(facts)], key=lambda one: one.severity is Severity.ADVISORY
        )
        return ChecklistRead(
            regime=facts.law.code,
            edition=facts.edition,
            kind=facts.kind,
            set_number=facts.set_number,
            on=on,
            decision_expected_by=facts.until,
            ready=not blocking,
            blocking=len(blocking),
            advisory=len(found) - len(blocking),
            parts=parts(facts, blocking),
            evidence_kinds=kinds(facts, registration_compulsory=registration_compulsory(facts.law)),
            findings=found,
            open_examinations=await ExaminationService(self.session, self.actor, self.now).awaited(dossier),
        )

    async def _facts(self, dossier: Dossier) -> FileFacts:
        is_draft = dossier.state == State.DRAFT
        law = regime_on(self.today) if is_draft else regime(dossier.regime)
        edition = await self.edition_today(law) if is_draft else dossier.edition
        contents = contents_of(dossier)
        known = await CitationService(self.session).known(documents_in(contents), self.actor)
        kind = DossierKind(dossier.kind)
        until = None
        if not State(dossier.state).is_final:
            terms = TermService(self.session, self.today)
            lodged_on = dossier.lodged_on or self.today
            until = await terms.expected_decision(law, kind, lodged_on, dossier.area_path)
        return FileFacts(
            law=law,
            edition=edition,
            kind=kind,
            set_number=dossier.set_number,
            contents=contents,
            documents={
                id_: CitedFile(row.current, row.withdrawn_at is not None, row.expires_on)
                for id_, (row, _) in known.items()
            },
            # A producer hands samples in after lodging.
            samples=(0, 0) if is_draft else (dossier.samples, samples_needed(dossier)),
            today=self.today,
            until=until,
        )
