"""The route class of every router: strict bodies and queries, ETags, idempotent answers.

It stands between the framework's parsing and the handler, and sees the finished answer before the
transaction commits; that is what lets an idempotent answer be stored with its effect.
"""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, get_type_hints

import orjson
from fastapi import APIRouter, Request
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.params import Depends, Form
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from ocop_api.web import idempotency
from ocop_api.web.conditional import tag_response
from ocop_api.web.exporting import answering as exporting
from ocop_api.web.problems import HTTPProblem
from ocop_api.web.schemas import Page

_MAX_INTEGER = 2**63 - 1
BODY_LIMIT = 64 * 1024
"""Bytes of a body, unless the route says more with ``max_body_size``."""
_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
NO_IDEMPOTENCY = "x-no-idempotency"
"""Extension of a route whose answer must not be stored, because it carries a secret."""
NO_CREDENTIAL = "x-no-credential"
"""Extension of a route whose body is the credential, and which takes no other."""
OPEN_QUERY = "x-open-query"
"""Extension of a route whose standard lets foreign query parameters through (GS1 Digital Link)."""


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _clean(value: Any, pointer: str) -> Any:
    """NFC texts, no NUL, no lone surrogates, integers within 64 bits; anything else is refused."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise HTTPProblem(422, "request.invalid_text", pointer=pointer)
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, bool) or value is None or isinstance(value, float):
        return value
    if isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise HTTPProblem(422, "request.value_out_of_range", pointer=pointer)
        return value
    if isinstance(value, list):
        return [_clean(item, f"{pointer}/{i}") for i, item in enumerate(value)]
    return {_clean(key, pointer): _clean(item, f"{pointer}/{key[:60]}") for key, item in value.items()}


class StrictRequest(Request):
    """A request whose JSON is read strictly: UTF-8, no NaN or Infinity, storable text and integers."""

    async def json(self) -> Any:
        """The decoded body.

        Raises:
            HTTPProblem: 400 ``request.malformed_json``; 422 for text or numbers that cannot be kept.
        """
        if not hasattr(self, "_strict_json"):
            raw = await self.body()
            try:
                decoded = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
                self._strict_json = _clean(decoded, "/body")
            except json.JSONDecodeError as error:
                raise HTTPProblem(
                    400, "request.malformed_json", reason=error.msg, position=error.pos
                ) from error
            except RecursionError as error:
                raise HTTPProblem(
                    400, "request.malformed_json", reason="too deeply nested", position=0
                ) from error
            except ValueError as error:
                raise HTTPProblem(
                    400, "request.malformed_json", reason=str(error)[:120], position=0
                ) from error
        return self._strict_json


class StrictRoute(APIRoute):
    """Refuses what the contract does not name, tags answers, and replays idempotent ones."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        # The framework's limit around the whole application would answer outside of our middleware.
        if options.get("max_body_size") is None:
            options["max_body_size"] = BODY_LIMIT
        # An action may answer with a list too; only what is read can be read to its end.
        reads = "GET" in (options.get("methods") or ["GET"])
        self.list_item = _item_of(options.get("response_model"), endpoint) if reads else None
        if self.list_item is not None:
            options["responses"] = _with_exports(options.get("responses"))
        super().__init__(path, endpoint, **options)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As the framework; a list is also found with the extension of a file behind its path."""
        match, child = super().matches(scope)
        if match is Match.NONE and self.list_item is not None and scope["type"] == "http":
            stem, _, extension = scope["path"].rpartition(".")
            if extension in exporting.MEDIA_TYPES:
                match, child = super().matches({**scope, "path": stem})
                child[exporting.EXTENSION] = extension
        return match, child

    def _known_parameters(self) -> tuple[set[str], set[str]]:
        """Names of all query parameters, and of those that may repeat."""
        names: set[str] = set()
        lists: set[str] = set()

        def note(name: str, annotation: Any) -> None:
            names.add(name)
            if "list" in str(annotation).lower():
                lists.add(name)

        for field in _query_fields(self.dependant):
            annotation = field.field_info.annotation
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                for name, inner in annotation.model_fields.items():
                    note(inner.alias or name, inner.annotation)
            else:
                note(field.alias, annotation)
        return names, lists

    def _check_query(self, request: Request, known: set[str], lists: set[str]) -> None:
        pairs = request.query_params.multi_items()
        unknown = sorted({name for name, _ in pairs} - known)
        if unknown:
            raise HTTPProblem(
                422, "request.unknown_parameter", names=unknown[:20], known=sorted(known) or ["—"]
            )
        single = [name for name, _ in pairs if name not in lists]
        repeated = sorted({name for name in single if single.count(name) > 1})
        if repeated:
            raise HTTPProblem(422, "request.repeated_parameter", names=repeated)
        for name, value in (*pairs, *request.path_params.items()):
            if isinstance(value, str) and "\x00" in value:
                raise HTTPProblem(422, "request.invalid_text", pointer=f"/query/{name}")

    def _check_media_type(self, request: Request) -> None:
        has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
        if self.body_field is None or not has_body:
            return
        given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if isinstance(self.body_field.field_info, Form):
            offered = ["multipart/form-data", "application/x-www-form-urlencoded"]
        else:
            offered = ["application/json"]
        is_json = given.startswith("application/") and given.endswith("+json")
        if given not in offered and not (is_json and "application/json" in offered):
            raise HTTPProblem(415, "request.unsupported_media_type", offered=offered, given=given)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler between the strict checks and the answer's tags."""
        inner = super().get_route_handler()
        known, lists = self._known_parameters()
        open_query = bool((self.openapi_extra or {}).get(OPEN_QUERY))

        async def handle(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            if not open_query:
                self._check_query(strict, known, lists)
            form = None if self.list_item is None else exporting.wanted_form(strict)
            if self.list_item is not None and form is not None:
                return await exporting.export(self.app, strict, self.list_item, form, paged="limit" in known)
            if strict.method in _UNSAFE:
                self._check_media_type(strict)
                response = await self._unsafe(strict, inner)
            else:
                response = await inner(strict)
            if self.list_item is not None:
                response.headers.add_vary_header("Accept")
            if response.status_code < 300 and _is_json(response):  # noqa: PLR2004
                return tag_response(strict, response, _version_in(response))
            return response

        return handle

    async def _unsafe(
        self, request: Request, inner: Callable[[Request], Coroutine[Any, Any, Response]]
    ) -> Response:
        key = idempotency.key_of(request)
        if key is None or self.methods != {"POST"} or (self.openapi_extra or {}).get(NO_IDEMPOTENCY):
            return await inner(request)
        body_hash = hashlib.sha256(await request.body()).hexdigest()
        request.scope["ocop.idempotency"] = idempotency.Claim(key, body_hash)
        try:
            response = await inner(request)
        except idempotency.Replay as replay:
            return replay.response
        session: AsyncSession | None = request.scope.get("ocop.session")
        if session is not None and response.status_code < 300:  # noqa: PLR2004
            if _is_json(response):
                response = tag_response(request, response, _version_in(response))
            await idempotency.store_answer(session, request, response)
        return response


def _item_of(response_model: Any, endpoint: Callable[..., Any]) -> type[BaseModel] | None:
    """The shape of a list's items; None for an operation that is no list."""
    given = response_model
    if not isinstance(given, type):
        given = get_type_hints(endpoint).get("return")
    if not (isinstance(given, type) and issubclass(given, Page)):
        return None
    item: type[BaseModel] = given.__pydantic_generic_metadata__["args"][0]
    return item


def _with_exports(responses: Any) -> dict[int | str, Any]:
    """The documented answers of a list with the files it is also given as."""
    documented: dict[int | str, Any] = dict(responses or {})
    listed = dict(documented.get(200, {}))
    files: dict[str, Any] = {media_type: {} for media_type in exporting.MEDIA_TYPES.values()}
    listed["content"] = {**files, **listed.get("content", {})}
    return {**documented, 200: listed}


def _query_fields(dependant: Dependant) -> Iterator[ModelField]:
    yield from dependant.query_params
    for needed in dependant.dependencies:
        yield from _query_fields(needed)


def _is_json(response: Response) -> bool:
    return response.headers.get("content-type", "").startswith("application/json")


def _version_in(response: Response) -> int | None:
    # Cheap look before parsing: only resources with a version carry the key.
    body = getattr(response, "body", b"")
    if not isinstance(body, bytes) or b'"version":' not in body:
        return None
    decoded = orjson.loads(body)
    version = decoded.get("version") if isinstance(decoded, dict) else None
    return version if isinstance(version, int) else None


def feature_router(prefix: str, tag: str, dependencies: Sequence[Depends] = ()) -> APIRouter:
    """A router under ``prefix`` with the strict route class, tagged for the contract."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=StrictRoute, dependencies=list(dependencies))
