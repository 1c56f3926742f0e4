"""Frozen versions of a file and what changed between them."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from ocop_api.dossiers.schemas import VersionRead
from ocop_api.dossiers.service.comparing import ComparingService
from ocop_api.dossiers.version_schemas import FileComparison
from ocop_api.web.caller import Caller, Now
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession

router = feature_router("/v1/dossiers/{dossier_id}", "dossiers")

VersionNumber = Annotated[int, Path(ge=1, le=9999, description="1 as lodged, then one for each supplement")]


@router.get("/versions/{version_number}")
async def read_dossier_version(
    dossier_id: UUID, version_number: VersionNumber, session: ReadSession, caller: Caller, now: Now
) -> VersionRead:
    """One frozen version; `sha256` is what a reviewer cites to say what was seen."""
    found = await ComparingService(session, caller, now()).version(dossier_id, version_number)
    return VersionRead.model_validate(found)


@router.get("/versions/{version_number}/changes")
async def read_dossier_version_changes(
    dossier_id: UUID,
    version_number: VersionNumber,
    *,
    since_version: Annotated[
        int | None, Query(ge=1, le=9999, description="version to compare with; the one before if left out")
    ] = None,
    session: ReadSession,
    caller: Caller,
    now: Now,
) -> FileComparison:
    """What a supplement changed, field by field; another order of the evidence is no change."""
    service = ComparingService(session, caller, now())
    return await service.changes(dossier_id, version_number, since_version)


@router.get("/pending-changes")
async def read_pending_dossier_changes(
    dossier_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> FileComparison:
    """What has been written since the last frozen version and is not handed in yet."""
    return await ComparingService(session, caller, now()).pending(dossier_id)


@router.get("/changes-since-recognition")
async def read_changes_since_recognition(
    dossier_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> FileComparison:
    """For an upgrade or a re-rating: what changed since the file by which the product earned its stars."""
    return await ComparingService(session, caller, now()).since_recognition(dossier_id)
