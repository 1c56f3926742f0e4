"""Frozen versions of a dossier, and what changed between files."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from ocop_api.dossiers.comments_schemas import MOST_VERSIONS
from ocop_api.dossiers.service import ComparingService
from ocop_api.dossiers.versions_schemas import DossierComparison, FrozenVersionRead, SinceQuery
from ocop_api.web.caller import Caller, Now
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession

router = feature_router("/v1/dossiers/{dossier_id}", "dossiers")
Number = Annotated[int, Path(ge=1, le=MOST_VERSIONS, description="number of the version, from 1")]


@router.get("/versions/{version_number}")
async def read_dossier_version(
    *, dossier_id: UUID, version_number: Number, session: ReadSession, caller: Caller, now: Now
) -> FrozenVersionRead:
    """The file as it was lodged (version 1) or resubmitted; for everybody who reads the dossier."""
    return await ComparingService(session, caller, now()).frozen(dossier_id, version_number)


@router.get("/versions/{version_number}/changes")
async def compare_dossier_versions(
    *,
    dossier_id: UUID,
    version_number: Number,
    wanted: Annotated[SinceQuery, Query()],
    session: ReadSession,
    caller: Caller,
    now: Now,
) -> DossierComparison:
    """What changed since the version before, or since another one; for everybody who reads the dossier.

    Version 1 is compared with the empty file. Evidence is matched by document, else by kind and number,
    and choices by criterion, so reordering is no change.
    """
    service = ComparingService(session, caller, now())
    return await service.changes(dossier_id, version_number, wanted.since)


@router.get("/changes-since-recognition")
async def compare_dossier_with_recognised(
    *, dossier_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> DossierComparison:
    """What changed since the file by which the product was recognised last; for an upgrade or re-rating.

    A draft is compared as it is now, a lodged file as it was frozen last. 404 `dossier.no_earlier_dossier`
    when the product's recognition did not come from a dossier kept here.
    """
    return await ComparingService(session, caller, now()).since_recognition(dossier_id)
