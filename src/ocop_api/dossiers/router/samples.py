"""Samples handed in with a dossier."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from ocop_api.dossiers.samples_schemas import (
    SampleCancellation,
    SampleChange,
    SampleCreate,
    SampleFilter,
    SampleRead,
)
from ocop_api.dossiers.service import SampleService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import OptionalIfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/dossiers/{dossier_id}/samples", "dossiers")


@router.get("")
async def list_dossier_samples(
    *,
    dossier_id: UUID,
    wanted: Annotated[SampleFilter, Query()],
    session: ReadSession,
    caller: Caller,
    now: Now,
) -> Page[SampleRead]:
    """Records of samples, oldest first, cancelled ones too; for everybody who reads the dossier."""
    rows, items = await SampleService(session, caller, now()).samples(dossier_id, wanted)
    return Page.of(rows, items)


@router.post("", status_code=201)
async def record_dossier_sample(
    *,
    dossier_id: UUID,
    body: SampleCreate,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
    response: Response,
) -> SampleChange:
    """Write down units handed in (nhận mẫu); for the office of the level that holds the file.

    Every council has samples of its own: what a commune takes in is for the next level, what a province
    took in does not count at the centre.
    """
    change = await SampleService(session, caller, now()).record(dossier_id, body, expected.check)
    response.headers["Location"] = f"/v1/dossiers/{dossier_id}/samples/{change.sample.id}"
    return change


@router.get("/{sample_id}")
async def read_dossier_sample(
    *, dossier_id: UUID, sample_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> SampleRead:
    """One record of samples."""
    return await SampleService(session, caller, now()).sample(dossier_id, sample_id)


@router.post("/{sample_id}/cancel")
async def cancel_dossier_sample(
    *,
    dossier_id: UUID,
    sample_id: UUID,
    body: SampleCancellation,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> SampleChange:
    """Take a mistaken record back with a reason, once; for the office of the level that holds the file."""
    return await SampleService(session, caller, now()).cancel(dossier_id, sample_id, body, expected.check)
