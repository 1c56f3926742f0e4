"""The papers of a session, to print and to edit."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from ocop_api.domain.forwarding import OutcomeKind
from ocop_api.scoring.schemas.papers import DossierPaper, PaperChoice, SessionPaper, SessionPapersRead
from ocop_api.scoring.service.papers import CouncilPaperService, PaperFile, PaperForm
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import tag_response
from ocop_api.web.problems import refusal
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession

router = feature_router("/v1/sessions/{session_id}", "sessions")

_PDF = "application/pdf"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_NONE = refusal(404, "No such session, dossier or round, or nothing that the caller may see")
_OPEN = refusal(409, "The session has not closed")
_AS_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {_PDF: {}}, "description": "The paper, A4"},
    **_NONE,
}
_AS_DOCX: dict[int | str, dict[str, Any]] = {
    200: {"content": {_DOCX: {}}, "description": "The paper as a document"},
    **_NONE,
}
Proposal = Annotated[
    OutcomeKind | None, Query(description="which submission; needed for `submission`, and for it only")
]
Round = Annotated[
    int | None, Query(alias="round", ge=1, le=99, description="the latest one there is if left out")
]
Member = Annotated[
    UUID | None, Query(description="whose sheet, of `score_sheet` only; the caller's if left out")
]


@router.get("/papers")
async def list_session_papers(
    session_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> SessionPapersRead:
    """The papers that the caller may have now, with their addresses, and which of them are signed."""
    return await CouncilPaperService(session, caller, now()).available(session_id)


@router.get("/papers/{paper}.pdf", response_class=Response, responses={**_AS_PDF, **_OPEN})
async def print_session_paper(
    *,
    session_id: UUID,
    paper: SessionPaper,
    proposal: Proposal = None,
    session: ReadSession,
    caller: Caller,
    now: Now,
    request: Request,
) -> Response:
    """Minutes, a submission or the draft decision of a closed session, from what is stored.

    Laid out as administrative documents are (Decree 30/2020); what is not known is left as dots. The same
    data give the same bytes.
    """
    choice = PaperChoice(paper=paper, proposal=proposal)
    return await _pdf(request, CouncilPaperService(session, caller, now()), session_id, choice)


@router.get("/papers/{paper}.docx", response_class=Response, responses={**_AS_DOCX, **_OPEN})
async def download_session_paper(
    *,
    session_id: UUID,
    paper: SessionPaper,
    proposal: Proposal = None,
    session: ReadSession,
    caller: Caller,
    now: Now,
    request: Request,
) -> Response:
    """The same paper as a document to edit (DOCX)."""
    choice = PaperChoice(paper=paper, proposal=proposal)
    return await _docx(request, CouncilPaperService(session, caller, now()), session_id, choice)


@router.get("/dossiers/{dossier_id}/papers/{dossier_paper}.pdf", response_class=Response, responses=_AS_PDF)
async def print_session_dossier_paper(
    *,
    session_id: UUID,
    dossier_id: UUID,
    dossier_paper: DossierPaper,
    number: Round = None,
    member: Member = None,
    session: ReadSession,
    caller: Caller,
    now: Now,
    request: Request,
) -> Response:
    """A score sheet, all sheets of a round, or the consolidated table of a dossier's round.

    The caller's own sheet at any time, a draft marked BẢN NHÁP; those of others once their round has closed,
    as far as its result shows them.
    """
    choice = PaperChoice(paper=dossier_paper, dossier_id=dossier_id, round=number, member=member)
    return await _pdf(request, CouncilPaperService(session, caller, now()), session_id, choice)


@router.get("/dossiers/{dossier_id}/papers/{dossier_paper}.docx", response_class=Response, responses=_AS_DOCX)
async def download_session_dossier_paper(
    *,
    session_id: UUID,
    dossier_id: UUID,
    dossier_paper: DossierPaper,
    number: Round = None,
    member: Member = None,
    session: ReadSession,
    caller: Caller,
    now: Now,
    request: Request,
) -> Response:
    """The same paper as a document to edit (DOCX)."""
    choice = PaperChoice(paper=dossier_paper, dossier_id=dossier_id, round=number, member=member)
    return await _docx(request, CouncilPaperService(session, caller, now()), session_id, choice)


async def _pdf(
    request: Request, papers: CouncilPaperService, session_id: UUID, choice: PaperChoice
) -> Response:
    paper = await papers.file(session_id, choice, PaperForm.PDF)
    return _file(request, paper, _PDF, "inline", "pdf")


async def _docx(
    request: Request, papers: CouncilPaperService, session_id: UUID, choice: PaperChoice
) -> Response:
    paper = await papers.file(session_id, choice, PaperForm.DOCX)
    return _file(request, paper, _DOCX, "attachment", "docx")


def _file(request: Request, paper: PaperFile, media_type: str, disposition: str, extension: str) -> Response:
    headers = {
        "Content-Disposition": f'{disposition}; filename="{paper.stem}.{extension}"',
        "Cache-Control": "private, no-cache",
    }
    return tag_response(request, Response(paper.content, media_type=media_type, headers=headers), None)
