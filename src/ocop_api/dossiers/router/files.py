"""Drafting, reading and listing dossiers."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from ocop_api.dossiers.schemas import (
    DossierCreate,
    DossierFilter,
    DossierRead,
    DossierStepRead,
    DossierSummary,
    DossierUpdate,
    VersionRead,
)
from ocop_api.dossiers.service import DossierReader
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page, PageQuery
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/dossiers", "dossiers")


@router.get("")
async def list_dossiers(
    wanted: Annotated[DossierFilter, Query()], session: ReadSession, caller: Caller, now: Now
) -> Page[DossierSummary]:
    """Dossiers the caller may read: a producer's own, and lodged ones of areas and councils."""
    service = DossierReader(session, caller, now())
    rows = await service.page(wanted)
    return Page.of(rows, service.listed(rows))


@router.post("", status_code=201)
async def create_dossier(
    body: DossierCreate, session: WriteSession, caller: Caller, now: Now, response: Response
) -> DossierRead:
    """Start the draft of a first rating, an upgrade or a re-rating; for the product's producer.

    A product has one open dossier at a time. Form 01 begins with what the registers know.
    """
    service = DossierReader(session, caller, now())
    dossier = await service.create(body)
    response.headers["Location"] = f"/v1/dossiers/{dossier.id}"
    return await service.shown(dossier)


@router.get("/{dossier_id}")
async def read_dossier(dossier_id: UUID, session: ReadSession, caller: Caller, now: Now) -> DossierRead:
    """One dossier, with what a draft lacks and what the caller may do now."""
    service = DossierReader(session, caller, now())
    return await service.shown(await service.get(dossier_id))


@router.patch("/{dossier_id}")
async def update_dossier(
    *,
    dossier_id: UUID,
    body: DossierUpdate,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> DossierRead:
    """Write parts of the file, in a draft or while a supplement is asked for; for the producer."""
    service = DossierReader(session, caller, now())
    dossier = await service.get(dossier_id, lock=True)
    expected.check(dossier.version)
    return await service.shown(await service.update(dossier, body))


@router.get("/{dossier_id}/history")
async def list_dossier_steps(
    dossier_id: UUID, wanted: Annotated[PageQuery, Query()], session: ReadSession, caller: Caller, now: Now
) -> Page[DossierStepRead]:
    """Every step of a dossier, oldest first."""
    rows = await DossierReader(session, caller, now()).history(dossier_id, wanted.slice())
    return Page.of(rows, [DossierStepRead.model_validate(row) for row in rows.items])


@router.get("/{dossier_id}/versions")
async def list_dossier_versions(
    dossier_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> list[VersionRead]:
    """The file as it was lodged and after each supplement, oldest first; none of them ever changes."""
    found = await DossierReader(session, caller, now()).versions(dossier_id)
    return [VersionRead.model_validate(row) for row in found]
