"""Route classes of what is checked as a whole: all faults at once, each with the place where it lies."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.params import Depends
from starlette.responses import Response

from ocop_api.scoring.service.edition_file import EditionRefused
from ocop_api.scoring.service.rubric import SheetInvalid
from ocop_api.web.problems import language_of, problem_response
from ocop_api.web.routing import StrictRoute
from ocop_api.web.texts import text_of

_MOST_FAULTS: Final = 200
"""Faults told of one edition; their number is told in any case."""


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


class EditionRoute(StrictRoute):
    """Answers ``EditionRefused`` with 422 and ``errors[].pointer``; everything else as any route."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The strict handler, with the faults of an edition told apart."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await inner(request)
            except EditionRefused as refused:
                language = language_of(request)
                errors = [
                    {
                        "pointer": "/body" + fault.pointer,
                        "code": "edition_fault",
                        "detail": fault.said.in_language(language),
                    }
                    for fault in refused.faults[:_MOST_FAULTS]
                ]
                return problem_response(request, 422, refused.code, refused.data, errors=errors)

        return handle


def sheet_router(prefix: str, tag: str, dependencies: Sequence[Depends] = ()) -> APIRouter:
    """A router as ``feature_router`` gives it, for routes that take sheets."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=SheetRoute, dependencies=list(dependencies))
