"""Frozen versions one by one, and what changed between two files."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ocop_api.db.tables.dossiers import Dossier, DossierVersion
from ocop_api.domain.dossier import State
from ocop_api.domain.errors import NotFound
from ocop_api.domain.rubric.criteria import CriteriaSet
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.dossiers.comparing import compare
from ocop_api.dossiers.remarks_repository import VersionRepository
from ocop_api.dossiers.schemas import DossierContents
from ocop_api.dossiers.service.files import DossierService
from ocop_api.dossiers.versions_schemas import (
    ComparedFile,
    DossierComparison,
    FrozenVersionRead,
    shown_comparison,
)

_HEADER = (
    "product_id",
    "producer_id",
    "kind",
    "regime",
    "edition",
    "set_number",
    "product_code",
    "place_id",
    "lodged_on",
)


class ComparingService(DossierService):
    """What stood in a file, and what has become of it."""

    async def frozen(self, dossier_id: UUID, number: int) -> FrozenVersionRead:
        """One frozen version of a visible dossier.

        Raises:
            NotFound: ``dossier.unknown``, ``dossier.version_unknown``.
        """
        await self.get(dossier_id)
        row = await self._version(dossier_id, number)
        contents = {name: value for name, value in row.contents.items() if name not in _HEADER}
        return FrozenVersionRead(
            dossier_id=dossier_id,
            number=row.number,
            at=row.at,
            actor_id=row.actor_id,
            sha256=row.sha256,
            contents=DossierContents.model_validate(contents),
            **{name: row.contents.get(name) for name in _HEADER},
        )

    async def changes(self, dossier_id: UUID, number: int, since: int | None) -> DossierComparison:
        """What changed from version ``since`` to version ``number`` of a visible dossier.

        ``since`` is the version before where it is None; 0 stands for the empty file.

        Raises:
            NotFound: ``dossier.unknown``, ``dossier.version_unknown``.
        """
        dossier = await self.get(dossier_id)
        later = await self._version(dossier_id, number)
        wanted = number - 1 if since is None else since
        if wanted == 0:
            nothing = ComparedFile(
                dossier_id=dossier_id,
                version_number=0,
                at=None,
                sha256=None,
                kind=later.contents["kind"],
                edition=later.contents["edition"],
                set_number=later.contents["set_number"],
            )
            return _compared(dossier, ({}, nothing), _of_version(later))
        earlier = await self._version(dossier_id, wanted)
        return _compared(dossier, _of_version(earlier), _of_version(later))

    async def since_recognition(self, dossier_id: UUID) -> DossierComparison:
        """What changed from the file that gave the product its recognition to this one.

        This one is compared as it was frozen last, a draft as it is now. The earlier file is read through
        this one, as its producer's reviewers need it; one of another producer only by who may read it.

        Raises:
            NotFound: ``dossier.unknown``; ``dossier.no_earlier_dossier``, none was recognised here before.
        """
        dossier = await self.get(dossier_id)
        versions = VersionRepository(self.session)
        earlier = await versions.recognised_before(dossier)
        readable = earlier is not None and (
            earlier.producer_id == dossier.producer_id
            or await self.rows.find(earlier.id, self.actor, lock=False) is not None
        )
        base = await versions.latest(earlier.id) if earlier is not None and readable else None
        if base is None:
            raise NotFound("dossier.no_earlier_dossier", dossier_id=dossier_id)
        frozen = None if dossier.state == State.DRAFT else await versions.latest(dossier.id)
        return _compared(
            dossier, _of_version(base), _of_draft(dossier) if frozen is None else _of_version(frozen)
        )

    async def _version(self, dossier_id: UUID, number: int) -> DossierVersion:
        row = await VersionRepository(self.session).find(dossier_id, number)
        if row is None:
            raise NotFound("dossier.version_unknown", number=number)
        return row


_File = tuple[Mapping[str, Any], ComparedFile]


def _of_version(row: DossierVersion) -> _File:
    return row.contents, ComparedFile(
        dossier_id=row.dossier_id,
        version_number=row.number,
        at=row.at,
        sha256=row.sha256,
        kind=row.contents["kind"],
        edition=row.contents["edition"],
        set_number=row.contents["set_number"],
    )


def _of_draft(dossier: Dossier) -> _File:
    head = {
        "producer_id": str(dossier.producer_id),
        "place_id": dossier.place_id,
        "regime": dossier.regime,
        "edition": dossier.edition,
        "set_number": dossier.set_number,
    }
    return {**dossier.contents, **head}, ComparedFile(
        dossier_id=dossier.id,
        version_number=None,
        at=None,
        sha256=None,
        kind=dossier.kind,
        edition=dossier.edition,
        set_number=dossier.set_number,
    )


def _compared(dossier: Dossier, before: _File, after: _File) -> DossierComparison:
    found = compare(before[0], after[0], _criteria(dossier, after[1]))
    return shown_comparison(before[1], after[1], found)


def _criteria(dossier: Dossier, file: ComparedFile) -> CriteriaSet | None:
    """The set a file follows; finding the dossier has made sure that its edition is held."""
    if file.edition is None or file.edition != dossier.edition:
        return None
    return load_edition(file.edition).criteria_set(file.set_number)
