"""Comparing versions of a file, and an upgrade with the file that earned the stars."""

from uuid import UUID

from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.tables.dossiers import Dossier, DossierVersion
from ocop_api.domain.dossier import State
from ocop_api.domain.errors import NotFound
from ocop_api.domain.rubric.criteria import CriteriaSet
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.dossiers.comparing import Json, compare_files
from ocop_api.dossiers.service.files import DossierService, frozen_form
from ocop_api.dossiers.version_schemas import FileChangeRead, FileComparison, FileSide

_EDITABLE = frozenset({State.DRAFT, State.SUPPLEMENT_REQUESTED})


class ComparingService(DossierService):
    """Comparisons for whoever may read the files."""

    async def version(self, dossier_id: UUID, number: int) -> DossierVersion:
        """One frozen version of a visible dossier.

        Raises:
            NotFound: ``dossier.unknown``, ``dossier.unknown_version``.
        """
        await self.get(dossier_id)
        return await self._version(dossier_id, number)

    async def changes(self, dossier_id: UUID, number: int, since: int | None) -> FileComparison:
        """What changed in a version, by default since the one before.

        Raises:
            NotFound: as ``version``.
        """
        await self.get(dossier_id)
        after = await self._version(dossier_id, number)
        if since is None and number == 1:
            return _alone(_side(after))
        before = await self._version(dossier_id, number - 1 if since is None else since)
        return await _compared(self, (before.contents, _side(before)), (after.contents, _side(after)))

    async def pending(self, dossier_id: UUID) -> FileComparison:
        """What has been changed since the last frozen version and is not handed in yet.

        Raises:
            NotFound: ``dossier.unknown``, ``dossier.unknown_version`` before the first lodging.
        """
        dossier = await self.get(dossier_id)
        before = await self._latest(dossier.id)
        return await _compared(self, (before.contents, _side(before)), self._as_written(dossier))

    async def since_recognition(self, dossier_id: UUID) -> FileComparison:
        """What changed since the file by which the product earned its stars.

        Raises:
            NotFound: ``dossier.unknown``.
        """
        dossier = await self.get(dossier_id)
        if State(dossier.state) in _EDITABLE or dossier.lodged_on is None:
            after = self._as_written(dossier)
        else:
            latest = await self._latest(dossier.id)
            after = (latest.contents, _side(latest))
        earlier = await self.rows.latest_recognised(dossier.product_id, before=dossier.id)
        found = () if earlier is None else await self.rows.versions(earlier.id)
        if not found:
            return _alone(after[1])
        before = found[-1]
        return await _compared(self, (before.contents, _side(before)), after)

    async def _version(self, dossier_id: UUID, number: int) -> DossierVersion:
        found = await self.rows.version(dossier_id, number)
        if found is None:
            raise NotFound("dossier.unknown_version", number=number)
        return found

    async def _latest(self, dossier_id: UUID) -> DossierVersion:
        found = await self.rows.versions(dossier_id)
        if not found:
            raise NotFound("dossier.unknown_version", number=1)
        return found[-1]

    @staticmethod
    def _as_written(dossier: Dossier) -> tuple[Json, FileSide]:
        return frozen_form(dossier), FileSide(dossier_id=dossier.id, version=None, sha256=None)


async def _compared(
    service: DossierService, before: tuple[Json, FileSide], after: tuple[Json, FileSide]
) -> FileComparison:
    followed = [(side["edition"], side["set_number"]) for side, _ in (before, after)]
    criteria_set: CriteriaSet | None = None
    edition, set_number = followed[0]
    if followed[0] == followed[1] and edition is not None:
        await EditionShelf(service.session).need([edition])
        criteria_set = load_edition(edition).criteria_set(set_number)
    return FileComparison(
        before=before[1],
        after=after[1],
        comparable_criteria=criteria_set is not None,
        changes=[
            FileChangeRead.model_validate(one) for one in compare_files(before[0], after[0], criteria_set)
        ],
    )


def _alone(after: FileSide) -> FileComparison:
    return FileComparison(before=None, after=after, comparable_criteria=False, changes=[])


def _side(version: DossierVersion) -> FileSide:
    return FileSide(dossier_id=version.dossier_id, version=version.number, sha256=version.sha256)
