"""Taking the package of a dossier over into a draft here, as another province or system gave it."""

import asyncio
import tempfile
from dataclasses import dataclass, field
from typing import IO, Any
from uuid import UUID

from pydantic import ValidationError

from ocop_api.db.tables.dossiers import Dossier
from ocop_api.documents.schemas import DocumentFacts
from ocop_api.documents.service import DocumentService
from ocop_api.domain.dossier import State
from ocop_api.domain.errors import Invalid, RuleViolation
from ocop_api.dossiers.package_schemas import PackageRead
from ocop_api.dossiers.schemas import DossierContents
from ocop_api.dossiers.service.drafting import DraftingService
from ocop_api.dossiers.unpacking import ListedFile, Package
from ocop_api.producers.service import ProducerService

_PARTS = ("registration", "report", "self_assessment", "evidence", "changes", "updates")


@dataclass(slots=True)
class _Taken:
    """Documents here by the id they had in the package."""

    ids: dict[UUID, UUID] = field(default_factory=dict)
    new: int = 0


class TakingService(DraftingService):
    """What a producer takes over from a package."""

    async def take(self, dossier: Dossier, file: IO[bytes], documents: DocumentService) -> PackageRead:
        """Replace the parts of a locked draft by those of a package, and keep its evidence.

        A piece whose bytes the producer has already is not kept twice. Regime, edition, set, commune and
        product code are those of the draft; choices its set does not know show in its findings.

        Raises:
            Forbidden: ``auth.not_permitted``, not for this producer.
            RuleViolation: ``dossier.not_editable``.
            Invalid: as ``Package`` and ``DocumentService.take_in``; ``dossier.package_altered`` for contents
                that are no product file.
        """
        self.require_edit(dossier.producer_id)
        if dossier.state != State.DRAFT:
            raise RuleViolation("dossier.not_editable", state=dossier.state, level=dossier.level)
        package = await asyncio.to_thread(Package, file)
        await asyncio.to_thread(package.verify)
        contents = _contents(await asyncio.to_thread(package.json, "dossier.json"))
        taken = await self._keep(dossier, package, documents)
        for item in contents.evidence:
            item.reused_from = None
            if item.document_id is not None:
                item.document_id = taken.ids.get(item.document_id)
        await self.follow_regime(dossier)
        await self._take_facts(dossier, contents)
        dossier.contents = contents.model_dump(mode="json")
        origin = str(package.manifest.dossier.get("id", ""))[:64]
        await self.written(dossier, list(_PARTS), package_of=origin)
        return PackageRead(
            dossier_id=dossier.id,
            pieces=len(contents.evidence),
            documents_added=taken.new,
            documents_known=len(taken.ids) - taken.new,
            without_file=sum(item.document_id is None for item in contents.evidence),
            version=dossier.version,
        )

    async def _keep(self, dossier: Dossier, package: Package, documents: DocumentService) -> _Taken:
        producer = await ProducerService(self.session, self.actor, self.now).get(dossier.producer_id)
        taken = _Taken()
        for one in package.manifest.files:
            if one.document is None:
                continue
            with tempfile.TemporaryFile() as target:
                await asyncio.to_thread(package.copy, one, target)
                known = await documents.with_content(producer.id, one.document.kind, one.sha256)
                if known is not None:
                    taken.ids[one.document.id] = known.id
                    continue
                row = await documents.take_in(
                    producer.id, producer.area_path, _said(one), target, one.name.rpartition("/")[2]
                )
                # The next piece may have the same bytes.
                await self.session.flush()
                taken.ids[one.document.id] = row.id
                taken.new += 1
        return taken


def _contents(written: Any) -> DossierContents:
    if not isinstance(written, dict):
        raise Invalid("dossier.package_altered", name="dossier.json")
    try:
        return DossierContents.model_validate({name: written[name] for name in _PARTS if name in written})
    except ValidationError as error:
        raise Invalid("dossier.package_altered", name="dossier.json") from error


def _said(one: ListedFile) -> DocumentFacts:
    facts = {} if one.document is None else one.document.model_dump(exclude={"id"})
    return DocumentFacts.model_validate(facts)
