"""A route class for what is checked as a whole: all faults at once, each with the place where it lies."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.params import Depends
from starlette.responses import Response

from ocop_api.domain.rubric.faults import SheetInvalid
from ocop_api.web.problems import language_of, problem_response
from ocop_api.web.routing import StrictRoute
from ocop_api.web.texts import text_of


class SheetRoute(StrictRoute):
    """Answers ``SheetInvalid`` with 422 and ``errors[].pointer``; everything else as any route."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The strict handler, with the faults of sheets told apart."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await inner(request)
            except SheetInvalid as invalid:
                language = language_of(request)
                errors = [
                    {
                        "pointer": located.pointer,
                        "code": located.fault.code,
                        "detail": text_of(located.fault.code, language, located.fault.data),
                    }
                    for located in invalid.faults
                ]
                return problem_response(request, 422, invalid.code, invalid.data, errors=errors)

        return handle


def sheet_router(prefix: str, tag: str, dependencies: Sequence[Depends] = ()) -> APIRouter:
    """A router as ``feature_router`` gives it, for routes that take sheets."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=SheetRoute, dependencies=list(dependencies))
