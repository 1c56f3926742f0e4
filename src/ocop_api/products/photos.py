"""Photos of products: taking them in, their words and order, and drawing what is shown of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.adapters.pictures import PictureFacts, clean, in_pool, inspect
from ocop_api.db.paging import Rows
from ocop_api.db.tables.photos import ProductPhoto
from ocop_api.db.tables.products import Product
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.recording import record
from ocop_api.products.photo_reading import original_key
from ocop_api.products.photo_schemas import MAX_PHOTOS, PhotoFilter, PhotoState, PhotoUpdate, PhotoWords
from ocop_api.products.repository.photos import PhotoRepository
from ocop_api.products.service import ProductService
from ocop_api.web.conditional import ExpectedVersion

MAX_BYTES = 15 * 1024 * 1024
_LYING = range(5, 9)
"""Exif orientations whose picture stands on its side, so that width and height change places."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture fit to be kept: without metadata, known by the hash of what is left."""

    content: bytes
    facts: PictureFacts
    sha256: str


async def prepare(content: bytes) -> Prepared:
    """Recognise a picture and take its metadata out, on a thread; needs no database.

    Raises:
        Invalid: ``photos.too_many_bytes`` or ``pictures.*``.
        Unavailable: ``pictures.busy``.
    """
    if len(content) > MAX_BYTES:
        raise Invalid("photos.too_many_bytes", limit=MAX_BYTES)
    return await in_pool(_prepared, content)


def _prepared(content: bytes) -> Prepared:
    cleaned = clean(content)
    return Prepared(cleaned, inspect(cleaned), hashlib.sha256(cleaned).hexdigest())


class PhotoService:
    """The photos of products, for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._rows = PhotoRepository(session)
        self._products = ProductService(session, actor, now)

    async def check_may_edit(self, product_id: UUID) -> None:
        """Refuse early whoever may not change the product, before a file of theirs is worked on.

        Raises:
            NotFound: ``products.unknown``.
            Forbidden: ``auth.not_permitted``.
        """
        if not self._edits(await self._products.get(product_id)):
            raise Forbidden("auth.not_permitted", permission=Permission.PRODUCT_EDIT)

    async def page(self, product_id: UUID, wanted: PhotoFilter) -> Rows:
        """One page of a product's photos; those not ready only for people who may change it.

        Raises:
            NotFound: ``products.unknown``.
        """
        product = await self._products.get(product_id)
        role = None if wanted.role is None else wanted.role.value
        return await self._rows.page(
            product_id, wanted.slice(), role=role, ready_only=not self._edits(product)
        )

    async def get(self, product_id: UUID, photo_id: UUID) -> ProductPhoto:
        """One photo; one that is not ready only for people who may change the product.

        Raises:
            NotFound: ``products.unknown``, ``photos.unknown``.
        """
        product = await self._products.get(product_id)
        photo = await self._rows.find(photo_id)
        if photo is None or photo.product_id != product_id:
            raise NotFound("photos.unknown")
        if photo.state != PhotoState.READY and not self._edits(product):
            raise NotFound("photos.unknown")
        return photo

    async def take_in(
        self, product_id: UUID, words: PhotoWords, picture: Prepared, store: ObjectStore
    ) -> ProductPhoto:
        """Keep a picture as the last photo of a product and ask for its renditions; the first is main.

        The file is stored under its hash before the row: a failure in between leaves an unnamed file that
        the same upload finds again, never a row without its file.

        Raises:
            NotFound: ``products.unknown``.
            Forbidden: ``auth.not_permitted``.
            RuleViolation: ``photos.too_many``.
            Conflict: ``photos.duplicate``.
            Unavailable: ``request.storage_unavailable``.
        """
        await self._rows.hold_content(picture.sha256)
        await store.put(original_key(picture.sha256), picture.content)
        # The product's row is locked from here, so two uploads at once are counted one after the other.
        product = await self._products.get_for_edit(product_id)
        held = await self._rows.of_product(product_id)
        if len(held) >= MAX_PHOTOS:
            raise RuleViolation("photos.too_many", limit=MAX_PHOTOS)
        facts = picture.facts
        size = (facts.width, facts.height)
        width, height = reversed(size) if facts.orientation in _LYING else size
        photo = ProductPhoto(
            product_id=product_id,
            **words.model_dump(mode="json"),
            position=len(held) + 1,
            is_main=not held,
            state=PhotoState.PENDING.value,
            media_type=facts.media_type,
            size=len(picture.content),
            width=width,
            height=height,
            sha256=picture.sha256,
            renditions=[],
            uploaded_by=self._actor.user_id,
            created_at=self._now,
            updated_at=self._now,
            version=1,
        )
        await self._rows.add(photo)
        await self._record("product.photo_added", product, photo)
        await enqueue(self._session, "products.make_renditions", {"photo_id": str(photo.id)})
        return photo

    async def update(
        self, product_id: UUID, photo_id: UUID, body: PhotoUpdate, expected: ExpectedVersion
    ) -> ProductPhoto:
        """Apply the fields that were sent; no difference changes nothing.

        Raises:
            NotFound: ``products.unknown``, ``photos.unknown``.
            Forbidden: ``auth.not_permitted``.
            StaleVersion: ``request.stale_version``.
            RuleViolation: ``photos.main_required`` for taking the mark away without giving it to another.
        """
        product, held, photo = await self._for_change(product_id, photo_id, expected)
        given = body.model_dump(mode="json", exclude_unset=True)
        main, position = given.pop("main", photo.is_main), given.pop("position", photo.position)
        if photo.is_main and not main:
            raise RuleViolation("photos.main_required")
        changed = {name: value for name, value in given.items() if getattr(photo, name) != value}
        if main and not photo.is_main:
            await self._rows.without_main(product_id)
            changed["is_main"] = True
        for name, value in changed.items():
            setattr(photo, name, value)
        others = [other for other in held if other is not photo]
        moved = self._number([*others[: position - 1], photo, *others[position - 1 :]])
        if changed or moved:
            if photo.id not in moved:
                self._touch(photo)
            await self._record(
                "product.photo_updated", product, photo, fields=sorted({*changed, *moved.values()})
            )
        # The answer carries the versions as they are stored.
        await self._session.flush()
        return photo

    async def remove(self, product_id: UUID, photo_id: UUID, expected: ExpectedVersion) -> None:
        """Take a photo away; the next in order becomes the main one.

        Its files are not served from now on, and erased by a job unless another product shows them too.

        Raises:
            NotFound: ``products.unknown``, ``photos.unknown``.
            Forbidden: ``auth.not_permitted``.
            StaleVersion: ``request.stale_version``.
        """
        product, held, photo = await self._for_change(product_id, photo_id, expected)
        await self._rows.remove(photo)
        left = [other for other in held if other is not photo]
        self._number(left)
        if photo.is_main and left:
            left[0].is_main = True
            self._touch(left[0])
        await self._record("product.photo_removed", product, photo)
        await enqueue(self._session, "products.erase_photo_files", {"sha256": photo.sha256})

    async def put_in_order(self, product_id: UUID, photo_ids: Sequence[UUID]) -> None:
        """Give all photos of a product a new order.

        Raises:
            NotFound: ``products.unknown``.
            Forbidden: ``auth.not_permitted``.
            RuleViolation: ``photos.order_incomplete`` unless every photo is named once.
        """
        product = await self._products.get_for_edit(product_id)
        held = {photo.id: photo for photo in await self._rows.of_product(product_id)}
        if len(photo_ids) != len(held) or set(photo_ids) != set(held):
            raise RuleViolation("photos.order_incomplete", expected=len(held))
        ordered = [held[photo_id] for photo_id in photo_ids]
        if self._number(ordered):
            await self._record("product.photo_updated", product, ordered[0], fields=["position"])
        # The list that answers is read by the same session.
        await self._session.flush()

    async def unshown(self, sha256: str) -> bool:
        """Whether no photo has this content any more; nobody stores it anew before the transaction ends."""
        await self._rows.hold_content(sha256)
        return not await self._rows.shows(sha256)

    async def waiting(self, photo_id: UUID) -> ProductPhoto | None:
        """A photo whose renditions have not been drawn, or None when there is nothing (left) to do."""
        photo = await self._rows.find(photo_id)
        return photo if photo is not None and photo.state == PhotoState.PENDING else None

    async def finish(
        self,
        photo_id: UUID,
        sha256: str,
        *,
        renditions: Sequence[dict[str, Any]] = (),
        failure: str | None = None,
    ) -> None:
        """Say what became of a waiting photo; one finished before stays as it is.

        One that was removed meanwhile leaves the files just drawn to be erased.
        """
        photo = await self._rows.find(photo_id, lock=True)
        if photo is None:
            await enqueue(self._session, "products.erase_photo_files", {"sha256": sha256})
            return
        if photo.state != PhotoState.PENDING:
            return
        photo.state = (PhotoState.READY if failure is None else PhotoState.FAILED).value
        photo.failure = failure
        photo.renditions = list(renditions)
        self._touch(photo)
        product = await self._products.get(photo.product_id)
        kind = "product.photo_ready" if failure is None else "product.photo_failed"
        await self._record(kind, product, photo)

    async def _for_change(
        self, product_id: UUID, photo_id: UUID, expected: ExpectedVersion
    ) -> tuple[Product, list[ProductPhoto], ProductPhoto]:
        product = await self._products.get_for_edit(product_id)
        held = list(await self._rows.of_product(product_id))
        photo = next((found for found in held if found.id == photo_id), None)
        if photo is None:
            raise NotFound("photos.unknown")
        expected.check(photo.version)
        return product, held, photo

    def _number(self, ordered: Sequence[ProductPhoto]) -> dict[UUID, str]:
        """Number photos from 1; gives those that moved, with the name of the changed field."""
        moved = {}
        for position, photo in enumerate(ordered, start=1):
            if photo.position != position:
                photo.position = position
                self._touch(photo)
                moved[photo.id] = "position"
        return moved

    def _touch(self, photo: ProductPhoto) -> None:
        photo.updated_at = self._now
        photo.touch()

    def _edits(self, product: Product) -> bool:
        scope = self._actor.scope(Permission.PRODUCT_EDIT)
        return scope.covers(area_path=product.area_path, producer_id=product.producer_id)

    async def _record(self, kind: str, product: Product, photo: ProductPhoto, **more: Any) -> None:
        # The subject is the product: whoever follows products fetches it anew and so its photos.
        data = {"photo_id": str(photo.id), "role": photo.role, "sha256": photo.sha256, **more}
        if photo.failure is not None:
            data["failure"] = photo.failure
        await record(
            self._session,
            kind=kind,
            subject_type="product",
            subject_id=product.id,
            actor=self._actor,
            at=self._now,
            data=data,
            area_path=product.area_path,
        )
