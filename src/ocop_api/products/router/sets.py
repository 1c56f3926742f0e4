"""Drawings of the criteria sets."""

from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response

from ocop_api.products.router.caching import FOREVER, LONG
from ocop_api.products.set_pictures import picture
from ocop_api.web.routing import feature_router

router = feature_router("/v1/sets", "products")


@router.get(
    "/{set_number}/picture.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}, "description": "Drawing of the set"}},
)
async def read_set_picture(
    set_number: Annotated[int, Path(ge=1, le=26)],
    v: Annotated[
        str | None, Query(max_length=64, description="hash of the content, as in `picture_url`")
    ] = None,
) -> Response:
    """A drawing that stands for the set; caches may keep it for ever under its hash."""
    content, digest = picture(set_number)
    cache = FOREVER if v == digest else LONG
    return Response(
        content, media_type="image/svg+xml", headers={"Cache-Control": cache, "ETag": f'"{digest}"'}
    )
