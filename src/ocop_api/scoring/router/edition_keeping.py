"""Keeping editions of the criteria: their documents for everybody, changing them for administrators."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response

from ocop_api.domain.actor import PUBLIC
from ocop_api.scoring.router.addressing import EditionCode, cached
from ocop_api.scoring.router.faults import EditionRoute
from ocop_api.scoring.schemas.edition_file import MAX_BYTES, EditionFile
from ocop_api.scoring.schemas.edition_keeping import EditionAdmission, EditionOrder
from ocop_api.scoring.schemas.editions import edition_read
from ocop_api.scoring.schemas.editions_changes import all_changes_read
from ocop_api.scoring.service.edition_keeping import Admission, EditionKeeper
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch
from ocop_api.web.problems import language_of, refusal
from ocop_api.web.session import ReadSession, WriteSession

router = APIRouter(prefix="/v1/editions", tags=["criteria"], route_class=EditionRoute)

Order = Annotated[EditionOrder, Query()]
_REFUSALS = refusal(409, "Cited already, reaching over lodged dossiers, or its code or first day is taken")


@router.get("/{edition_code}/document", response_model=EditionFile, responses=refusal(404, "No such edition"))
async def read_edition_document(edition_code: EditionCode, session: ReadSession, now: Now) -> Response:
    """The whole document of an edition; a corrected or newer one starts from it."""
    document = await EditionKeeper(session, PUBLIC, now()).document(edition_code)
    return Response(orjson.dumps(document), media_type="application/json", headers=cached(edition_code))


@router.post("", status_code=201, max_body_size=MAX_BYTES, responses=_REFUSALS)
async def add_edition(
    body: EditionFile,
    order: Order,
    *,
    session: WriteSession,
    caller: Caller,
    now: Now,
    request: Request,
    response: Response,
) -> EditionAdmission:
    """Add an edition with its period of validity; it is in force from its first day, without a release.

    Everything is checked: shape, sums, codes, gates, what the law of its first day asks, and that no dossier
    has been lodged in its days. All faults come back at once in `errors`. With `dry_run` the answer is 200,
    shows the same, and nothing is stored.
    """
    admission = await EditionKeeper(session, caller, now()).add(body, dry_run=order.dry_run)
    if admission.stored:
        response.headers["Location"] = f"/v1/editions/{body.edition}"
    else:
        response.status_code = 200
    return _told(admission, request, response)


@router.put("/{edition_code}", max_body_size=MAX_BYTES, responses=_REFUSALS)
async def replace_edition(
    edition_code: EditionCode,
    body: EditionFile,
    order: Order,
    *,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
    request: Request,
    response: Response,
) -> EditionAdmission:
    """Correct an added edition, as long as no dossier and no self-assessment follows it."""
    keeper = EditionKeeper(session, caller, now())
    admission = await keeper.replace(edition_code, body, expected.check, dry_run=order.dry_run)
    return _told(admission, request, response)


@router.delete("/{edition_code}", status_code=204, responses=_REFUSALS)
async def remove_edition(
    edition_code: EditionCode, expected: IfMatch, session: WriteSession, caller: Caller, now: Now
) -> None:
    """Take an added edition away, as long as no dossier and no self-assessment follows it."""
    await EditionKeeper(session, caller, now()).remove(edition_code, expected.check)


def _told(admission: Admission, request: Request, response: Response) -> EditionAdmission:
    language = language_of(request)
    response.headers.update({"Content-Language": language, "Vary": "Accept-Language"})
    found = admission.checked
    return EditionAdmission(
        edition=edition_read(found.edition, admission.version),
        stored=admission.stored,
        changes=None if found.changes is None else all_changes_read(found.changes, language),
        version=admission.version,
    )
