"""Cases of withdrawal over HTTP: opening one, reading, each step of its way, and its decision on paper."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from ocop_api.certificates.service import (
    SignedWithdrawals,
    WithdrawalCases,
    WithdrawalPapers,
    WithdrawalReader,
)
from ocop_api.certificates.withdrawal_schemas import (
    SignedDecisionFacts,
    SignedWithdrawalRead,
    WithdrawalAnswer,
    WithdrawalCaseOpen,
    WithdrawalCaseRead,
    WithdrawalCaseSummary,
    WithdrawalConclude,
    WithdrawalDecide,
    WithdrawalDismiss,
    WithdrawalFilter,
    WithdrawalReturn,
    WithdrawalSubmit,
)
from ocop_api.documents.router.delivery import FILE_ANSWERS, Store, send_copy, send_file
from ocop_api.documents.service import DocumentService
from ocop_api.documents.service.signed_copies import LARGEST_COPY
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import OptionalIfMatch, tag_response
from ocop_api.web.deadline import lift_deadline
from ocop_api.web.receiving import file_body, received
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession, database_of

of_certificate = feature_router("/v1/certificates/{certificate_id}/withdrawal-cases", "withdrawals")
router = feature_router("/v1/withdrawal-cases", "withdrawals")

_PDF = "application/pdf"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _file_answer(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type: {}}, "description": description}}


def _reading(session: ReadSession, caller: Caller, now: Now) -> WithdrawalReader:
    return WithdrawalReader(session, caller, now())


def _papers(session: ReadSession, caller: Caller, now: Now) -> WithdrawalPapers:
    return WithdrawalPapers(session, caller, now())


Reading = Annotated[WithdrawalReader, Depends(_reading, scope="function")]
Papers = Annotated[WithdrawalPapers, Depends(_papers, scope="function")]


class WithdrawalDesk:
    """Takes one step for the caller and answers with the case after it."""

    def __init__(
        self, *, case_id: UUID, expected: OptionalIfMatch, session: WriteSession, caller: Caller, now: Now
    ) -> None:
        self.case_id = case_id
        self.check = expected.check
        at = now()
        self.cases = WithdrawalCases(session, caller, at)
        self._reader = WithdrawalReader(session, caller, at)

    async def shown(self) -> WithdrawalCaseRead:
        """The case after the step."""
        return await self._reader.shown(self.case_id)


AtDesk = Annotated[WithdrawalDesk, Depends()]


@of_certificate.post("", status_code=201)
async def open_withdrawal_case(
    *,
    certificate_id: UUID,
    body: WithdrawalCaseOpen,
    session: WriteSession,
    caller: Caller,
    now: Now,
    response: Response,
) -> WithdrawalCaseRead:
    """Open a case of withdrawal (thu hồi, Decision 26/2026, Art. 8) about a certificate that stands.

    For the OCOP office at the level that withdraws the rank (province for 3 and 4 stars, ministry for 5),
    for offices and inspectors of the area who report to it, and for whoever decides. The producer is told
    what was found and may answer. A certificate has one open case.
    """
    at = now()
    case = await WithdrawalCases(session, caller, at).open(certificate_id, body)
    response.headers["Location"] = f"/v1/withdrawal-cases/{case.id}"
    return await WithdrawalReader(session, caller, at).shown(case.id)


@router.get("")
async def list_withdrawal_cases(
    wanted: Annotated[WithdrawalFilter, Query()], service: Reading
) -> Page[WithdrawalCaseSummary]:
    """Cases the caller may read: of the own producer, and of their area.

    Sorts: `due_on` (default, those without a term last), `created_at`, `-created_at`.
    """
    rows, items = await service.page(wanted)
    return Page[WithdrawalCaseSummary].of(rows, items)


@router.get("/{case_id}")
async def read_withdrawal_case(case_id: UUID, service: Reading) -> WithdrawalCaseRead:
    """One case with its history; what passes among the offices is not shown to the producer."""
    return await service.shown(case_id)


@router.get("/{case_id}/evidence/{document_id}/content", response_class=Response, responses=FILE_ANSWERS)
async def download_withdrawal_evidence(
    *,
    case_id: UUID,
    document_id: UUID,
    request: Request,
    session: ReadSession,
    caller: Caller,
    now: Now,
    store: Store,
) -> Response:
    """A document the case relies on, for everybody who reads the case."""
    found = await WithdrawalReader(session, caller, now()).document(case_id, document_id)
    return await send_file(request, DocumentService(session, caller, now(), store), found)


@router.post("/{case_id}/answer")
async def answer_withdrawal_case(desk: AtDesk, body: WithdrawalAnswer) -> WithdrawalCaseRead:
    """Say something to what was found (giải trình); for the producer, until the case is closed.

    The article does not ask for it and nothing waits for it; `answer_due_on` is until when it is asked for.
    """
    await desk.cases.answer(desk.case_id, body, desk.check)
    return await desk.shown()


@router.post("/{case_id}/conclude")
async def conclude_withdrawal_case(desk: AtDesk, body: WithdrawalConclude) -> WithdrawalCaseRead:
    """Enter the conclusion of the competent authority; the decision is due 15 days after it (Art. 8.4).

    For the office at the level that decides. Production that stopped takes the commune's confirmation
    instead, which the commune's office may enter itself. A mistaken conclusion is replaced with a reason
    until the case is submitted.
    """
    await desk.cases.conclude(desk.case_id, body, desk.check)
    return await desk.shown()


@router.post("/{case_id}/submit")
async def submit_withdrawal_case(desk: AtDesk, body: WithdrawalSubmit | None = None) -> WithdrawalCaseRead:
    """Put the case before whoever decides (trình, Art. 8.3a), with the draft of the decision."""
    await desk.cases.submit(desk.case_id, body or WithdrawalSubmit(), desk.check)
    return await desk.shown()


@router.post("/{case_id}/return")
async def return_withdrawal_case(desk: AtDesk, body: WithdrawalReturn) -> WithdrawalCaseRead:
    """Send the case back to the office; for whoever decides. The 15 days go on."""
    await desk.cases.send_back(desk.case_id, body, desk.check)
    return await desk.shown()


@router.post("/{case_id}/decide")
async def decide_withdrawal_case(desk: AtDesk, body: WithdrawalDecide) -> WithdrawalCaseRead:
    """Take the certificate back from the day of the decision on (Art. 8.2, 8.3b).

    For the provincial chair (3 and 4 stars) or the minister (5 stars). From now on verification, the
    product, its listings and the credential's status say so. A decision after the 15 days holds all the same.
    """
    await desk.cases.decide(desk.case_id, body, desk.check)
    return await desk.shown()


@router.post("/{case_id}/dismiss")
async def dismiss_withdrawal_case(desk: AtDesk, body: WithdrawalDismiss) -> WithdrawalCaseRead:
    """Close the case, the certificate stands; for the office, once it is submitted for whoever decides."""
    await desk.cases.dismiss(desk.case_id, body, desk.check)
    return await desk.shown()


@router.get(
    "/{case_id}/papers/decision.pdf",
    response_class=Response,
    responses=_file_answer(_PDF, "The decision, A4"),
)
async def print_withdrawal_decision(case_id: UUID, request: Request, service: Papers) -> Response:
    """The decision, laid out as administrative documents are (Decree 30/2020).

    A draft for officials once the case is concluded, what is not known left as dots; when it is decided, for
    everybody who reads the case. The record is the signed one.
    """
    return await _paper(request, service, case_id, "pdf")


@router.get(
    "/{case_id}/papers/decision.docx",
    response_class=Response,
    responses=_file_answer(_DOCX, "The decision as a document"),
)
async def download_withdrawal_decision(case_id: UUID, request: Request, service: Papers) -> Response:
    """The same paper as a document to edit (DOCX)."""
    return await _paper(request, service, case_id, "docx")


@router.post(
    "/{case_id}/signed-decision",
    status_code=201,
    max_body_size=LARGEST_COPY,
    openapi_extra=file_body(_PDF),
    responses={200: {"model": SignedWithdrawalRead, "description": "This very file was handed in before"}},
)
async def hand_in_signed_withdrawal(
    *,
    case_id: UUID,
    facts: Annotated[SignedDecisionFacts, Query()],
    request: Request,
    caller: Caller,
    now: Now,
    store: Store,
    response: Response,
) -> SignedWithdrawalRead:
    """Hand in the signed decision, PDF; for the office and whoever decides, once the case is decided.

    A wrong upload is replaced, with the reason; the earlier one stays on record.
    """
    at, database = now(), database_of(request)
    # The connection goes back before the first byte is read: a slow line holds none.
    async with database.read() as session:
        await SignedWithdrawals(session, caller, at, store).permitted(case_id, facts)
    lift_deadline(request.scope)
    async with received(request, LARGEST_COPY) as file, database.transaction() as session:
        taken, new = await SignedWithdrawals(session, caller, at, store).take(case_id, facts, file)
    response.status_code = 201 if new else 200
    response.headers["Location"] = taken.content
    return taken


@router.get(
    "/{case_id}/signed-decision",
    response_class=Response,
    responses=_file_answer(_PDF, "The signed decision, as an attachment"),
)
async def download_signed_withdrawal(
    *, case_id: UUID, request: Request, session: ReadSession, caller: Caller, now: Now, store: Store
) -> Response:
    """The signed decision that counts, byte for byte, for everybody who reads the case."""
    found = await SignedWithdrawals(session, caller, now(), store).content(case_id)
    return send_copy(request, found, str(case_id))


async def _paper(
    request: Request, service: WithdrawalPapers, case_id: UUID, kind: Literal["pdf", "docx"]
) -> Response:
    paper = await service.decision(case_id, kind)
    media_type, disposition = (_PDF, "inline") if kind == "pdf" else (_DOCX, "attachment")
    headers = {
        "Content-Disposition": f'{disposition}; filename="{paper.stem}.{kind}"',
        "Cache-Control": "private, no-cache",
    }
    return tag_response(request, Response(paper.content, media_type=media_type, headers=headers), None)


routers = (of_certificate, router)
