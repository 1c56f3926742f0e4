"""Decisions of recognition over HTTP: recognising, the public list, annexes and their papers."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from ocop_api.certificates.decisions_schemas import (
    AnnexEntry,
    AnnexQuery,
    BookQuery,
    DecisionFilter,
    DecisionRecognised,
    RecognitionDecisionRead,
    RecognitionOrder,
    SignedDecisionFacts,
    SignedDecisionQuery,
    SignedDecisionRead,
)
from ocop_api.certificates.router.issuing import Issuing
from ocop_api.certificates.router.presentation import page_url
from ocop_api.certificates.router.verification import PublicUrl
from ocop_api.certificates.service import DecisionService, DecisionSigningService, bound
from ocop_api.documents.router.delivery import Store, send_copy
from ocop_api.documents.service.signed_copies import LARGEST_COPY
from ocop_api.web.caller import Caller, Now, Visitor
from ocop_api.web.conditional import tag_response
from ocop_api.web.deadline import lift_deadline
from ocop_api.web.problems import refusal
from ocop_api.web.receiving import file_body, received
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, database_of

router = feature_router("/v1/recognition-decisions", "recognition decisions")

_PDF = "application/pdf"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _file_answer(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type: {}}, "description": description}}


def _reading(session: ReadSession, actor: Visitor, now: Now) -> DecisionService:
    return DecisionService(session, actor, now())


Reading = Annotated[DecisionService, Depends(_reading, scope="function")]


@router.post("", status_code=201)
async def recognise_dossiers(
    body: RecognitionOrder, service: Issuing, now: Now, response: Response
) -> DecisionRecognised:
    """Recognise rated dossiers by one decision and issue all their certificates, or none.

    For the deciding authority of the dossiers' level and area. When some cannot be recognised, nothing is
    done, and one problem (409 `decision.refused`) names in `errors` every refused dossier with `dossier_id`,
    `pointer`, `code` and `detail`. The same number, day and issuer again add to the annex.
    """
    done = await service.recognise(body)
    reading = DecisionService(service.session, service.actor, now())
    (shown,) = await reading.shown([done.decision])
    places = [record.certificate.annex_place or 0 for record in done.records]
    response.headers["Location"] = f"/v1/recognition-decisions/{done.decision.id}"
    issued = await reading.entries(done.decision.id, min(places), max(places))
    return DecisionRecognised(**shown.model_dump(), issued=issued)


@router.get("")
async def list_recognition_decisions(
    wanted: Annotated[DecisionFilter, Query()], service: Reading
) -> Page[RecognitionDecisionRead]:
    """Decisions of recognition, for everybody. Sorts: `-decided_on` (default), `decided_on`, `number`."""
    rows, items = await service.page(wanted)
    return Page[RecognitionDecisionRead].of(rows, items)


@router.get("/{decision_id}")
async def read_recognition_decision(decision_id: UUID, service: Reading) -> RecognitionDecisionRead:
    """One decision. Its products are in `annex`."""
    (shown,) = await service.shown([await service.get(decision_id)])
    return shown


@router.get("/{decision_id}/annex")
async def list_annex(
    decision_id: UUID, wanted: Annotated[AnnexQuery, Query()], service: Reading
) -> Page[AnnexEntry]:
    """The products that the decision recognised, in the order of its annex."""
    rows, items = await service.annex(decision_id, wanted)
    return Page[AnnexEntry].of(rows, items)


@router.get(
    "/{decision_id}/annex.pdf", response_class=Response, responses=_file_answer(_PDF, "The annex, A4")
)
async def print_annex(decision_id: UUID, service: Reading, request: Request) -> Response:
    """The annex as an administrative paper (PDF/A); the same annex gives the same bytes."""
    paper = await service.annex_paper(decision_id)
    return _file(request, await paper.pdf(), _PDF, f'inline; filename="{paper.stem}.pdf"', "public")


@router.get(
    "/{decision_id}/annex.docx",
    response_class=Response,
    responses=_file_answer(_DOCX, "The annex as a document"),
)
async def download_annex(decision_id: UUID, service: Reading, request: Request) -> Response:
    """The annex as a document to edit (DOCX)."""
    paper = await service.annex_paper(decision_id)
    return _file(request, await paper.docx(), _DOCX, f'attachment; filename="{paper.stem}.docx"', "public")


@router.get(
    "/{decision_id}/certificates.pdf",
    response_class=Response,
    responses=_file_answer(_PDF, "The certificates, a page each")
    | refusal(409, "No certificates at these places, or more than 200"),
)
async def print_annex_certificates(
    *,
    decision_id: UUID,
    wanted: Annotated[BookQuery, Query()],
    request: Request,
    actor: Caller,
    now: Now,
    public_url: PublicUrl,
) -> Response:
    """All certificates of the annex in one PDF, in its order, for printing; at most 200 at once.

    For those who read dossiers of the issuer's area. Each certificate alone, which anybody may have, is the
    form to archive (PDF/A).
    """
    async with database_of(request).read() as session:
        stem, sheets = await DecisionService(session, actor, now()).book(
            decision_id, wanted, lambda code: page_url(public_url, code)
        )
    # The connection went back: setting the pages takes some seconds.
    return _file(request, await bound(sheets, stem), _PDF, f'inline; filename="{stem}.pdf"', "private")


@router.post(
    "/{decision_id}/signed-papers",
    status_code=201,
    max_body_size=LARGEST_COPY,
    openapi_extra=file_body(_PDF),
    responses={200: {"model": SignedDecisionRead, "description": "This very file was handed in before"}},
)
async def hand_in_signed_decision(
    *,
    decision_id: UUID,
    facts: Annotated[SignedDecisionFacts, Query()],
    request: Request,
    caller: Caller,
    now: Now,
    store: Store,
    response: Response,
) -> SignedDecisionRead:
    """Hand in the signed decision as PDF, for leaders and officers of the issuing level and area.

    A wrong upload is replaced, with the reason, and stays readable.
    """
    at, database = now(), database_of(request)
    # The connection goes back before the first byte is read: a slow line holds none.
    async with database.read() as session:
        await DecisionSigningService(session, caller, at, store).permitted(decision_id, facts)
    lift_deadline(request.scope)
    async with received(request, LARGEST_COPY) as file, database.transaction() as session:
        taken = await DecisionSigningService(session, caller, at, store).take(decision_id, facts, file)
    response.status_code = 201 if taken.new else 200
    path = f"/v1/recognition-decisions/{decision_id}/signed-papers/{taken.paper.id}/content"
    response.headers["Location"] = path
    return taken.paper


@router.get("/{decision_id}/signed-papers")
async def list_signed_decisions(
    *,
    decision_id: UUID,
    wanted: Annotated[SignedDecisionQuery, Query()],
    session: ReadSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> Page[SignedDecisionRead]:
    """The signed papers of a decision, for those who read dossiers of the issuer's area."""
    service = DecisionSigningService(session, caller, now(), store)
    rows, items = await service.page(decision_id, wanted)
    return Page[SignedDecisionRead].of(rows, items)


@router.get(
    "/{decision_id}/signed-papers/{signed_decision_id}/content",
    response_class=Response,
    responses=_file_answer(_PDF, "The file, as an attachment"),
)
async def download_signed_decision(
    *,
    decision_id: UUID,
    signed_decision_id: UUID,
    request: Request,
    session: ReadSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> Response:
    """What was handed in, byte for byte, under a generated name."""
    found = await DecisionSigningService(session, caller, now(), store).content(
        decision_id, signed_decision_id
    )
    return send_copy(request, found, str(signed_decision_id))


def _file(request: Request, content: bytes, media_type: str, disposition: str, kept: str) -> Response:
    headers = {"Content-Disposition": disposition, "Cache-Control": f"{kept}, no-cache"}
    return tag_response(request, Response(content, media_type=media_type, headers=headers), None)
