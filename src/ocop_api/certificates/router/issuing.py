"""What the routes that issue certificates share."""

from typing import Annotated

from fastapi import Depends, Request

from ocop_api.certificates.service import IssuingService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.session import WriteSession


def _issuing(request: Request, session: WriteSession, actor: Caller, now: Now) -> IssuingService:
    return IssuingService(session, actor, now(), request.app.state.number_schemes)


Issuing = Annotated[IssuingService, Depends(_issuing, scope="function")]
