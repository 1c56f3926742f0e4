"""The route class of editions, which are checked as a whole: all faults at once, each with its place."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from ocop_api.scoring.service.edition_file import EditionRefused
from ocop_api.web.problems import language_of, problem_response
from ocop_api.web.routing import StrictRoute

_MOST_FAULTS: Final = 200
"""Faults told of one edition; their number is told in any case."""


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
