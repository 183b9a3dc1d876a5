"""Images: into a document as bytes, by address, or from another document; and out again."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from octavo.access import Action
from octavo.catalog.images import Image
from octavo.errors import Invalid
from octavo.web.api.services import Called, Caller, Key
from octavo.web.api.types import ImageSource, ImageView, image_view
from octavo.web.front import is_json

_SHOWN: dict[str, str] = {
    "cache-control": "private, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
}
"""Opened by itself an image is a page of this origin: it may load and run nothing."""

_decode = msgspec.json.Decoder(ImageSource).decode


@post("/documents/{document_id:str}/images", status_code=201)
async def add(
    request: Request[Any, Any, Any], identity: Caller, services: Called, document_id: FromPath[str], key: Key
) -> ImageView:
    """Bring an image into a document.

    The body is the file itself, whatever its Content-Type says: PNG, JPEG, GIF, WebP or AVIF.  With
    `application/json` it is `{"url": …}`, which the server fetches, or `{"image_id": …}`, an image of another
    document that one may read.
    """
    await services.documents.require(document_id, identity.user_id, Action.EDIT)
    await services.count(services.images_brought, identity.user_id)
    body = await request.body()
    images = services.images
    if not is_json(request.headers.get("content-type", "")):
        return image_view(await images.add(identity, document_id, body, key))
    try:
        source = _decode(body)
    except msgspec.DecodeError as fault:
        raise Invalid("INVALID_REQUEST", f"the body: {fault}") from None
    if (source.url is None) == (source.image_id is None):
        raise Invalid("INVALID_REQUEST", "either url or image_id is needed; a file is sent as it is")
    if source.url is not None:
        return image_view(await images.add_from(identity, document_id, source.url, key))
    assert source.image_id is not None
    return image_view(await images.take_over(identity, document_id, source.image_id, key))


@get(
    "/images/{image_id:str}",
    media_type="image/*",
    responses={200: ResponseSpec(bytes, description="The file", media_type="image/*")},
)
async def read(
    request: Request[Any, Any, Any], identity: Caller, services: Called, image_id: FromPath[str]
) -> Response[bytes]:
    """An image, for those who may read the document it is in."""
    image = await services.images.open(identity, image_id)
    headers = {**_SHOWN, "etag": f'"{image.hash}"', "content-disposition": _disposition(image)}
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, media_type=image.media_type, headers=headers)
    return Response(await services.images.data(image), media_type=image.media_type, headers=headers)


def _disposition(image: Image) -> str:
    return f'inline; filename="image.{image.media_type.removeprefix("image/")}"'


router = Router("", route_handlers=[add, read], tags=["images"])
