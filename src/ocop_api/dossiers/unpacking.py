"""Reading the package of a dossier that somebody else wrote: nothing in it is believed before it is checked.

Blocking; call it in a thread. Only what the manifest names is read, under the sizes and digests it tells,
and no name of the package ever becomes a path.
"""

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date
from typing import IO, Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, ValidationError

from ocop_api.domain.errors import Invalid
from ocop_api.domain.evidence import LARGEST, EvidenceKind
from ocop_api.dossiers.packing import FORMAT, FORMAT_VERSION, MANIFEST
from ocop_api.web.schemas import Code, Input, ShortText

MOST_BYTES: Final = 300 * 1024 * 1024
"""The largest package that is taken in one request."""
_MOST_FILES: Final = 600
_JSON_BYTES: Final = 8 * 1024 * 1024
_PIECE: Final = 1024 * 1024
_ENCRYPTED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BROKEN: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What the archive module raises over bytes that are no proper archive."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]+(/[a-z0-9_.-]+)?\.[a-z0-9]+$", max_length=200)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class PackedDocument(Input):
    """What a person said about a piece of evidence."""

    id: UUID
    kind: EvidenceKind
    title: ShortText
    number: Code | None
    issuer: ShortText | None
    issued_on: date | None
    expires_on: date | None


class ListedFile(Input):
    """A file of the package."""

    name: Name
    media_type: Code
    size: Annotated[int, Field(ge=0, le=LARGEST)]
    sha256: Digest
    document: PackedDocument | None = None


class Manifest(Input):
    """What the package says it holds."""

    format: Literal["ocop-dossier"]
    format_version: Literal[1]
    dossier: dict[str, Any]
    files: Annotated[list[ListedFile], Field(max_length=_MOST_FILES)]


class Package:
    """A package whose list of files agrees with its manifest; contents are checked as they are read.

    Raises:
        Invalid: ``dossier.package_unreadable``, ``dossier.package_altered`` with the file,
            ``dossier.package_other_format``, ``dossier.package_too_large``.
    """

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
        except _BROKEN as error:
            raise _unreadable(error) from error
        entries = self._archive.infolist()
        if len(entries) > _MOST_FILES + 1 or sum(entry.file_size for entry in entries) > MOST_BYTES:
            raise Invalid("dossier.package_too_large", files=len(entries), limit=MOST_BYTES)
        for entry in entries:
            if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
                raise Invalid("dossier.package_unreadable", reason=f"{entry.filename[:80]!r}: method")
        self._entries = {entry.filename: entry for entry in entries}
        if len(self._entries) != len(entries) or MANIFEST not in self._entries:
            raise Invalid("dossier.package_other_format", format=FORMAT, version=FORMAT_VERSION)
        self.manifest = self._manifest()
        listed = {one.name: one for one in self.manifest.files}
        if len(listed) != len(self.manifest.files) or {MANIFEST, *listed} != self._entries.keys():
            raise Invalid("dossier.package_altered", name=MANIFEST)
        self._listed = listed

    def verify(self) -> None:
        """Read every file once against the manifest; ``Invalid`` as the class."""
        for one in self.manifest.files:
            for _ in self._pieces(one):
                pass

    def json(self, name: str) -> Any:
        """A JSON file of the package; ``Invalid`` as the class, and for one that is missing."""
        one = self._listed.get(name)
        if one is None or one.size > _JSON_BYTES:
            raise Invalid("dossier.package_altered", name=name)
        content = bytearray()
        for piece in self._pieces(one):
            content += piece
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise Invalid("dossier.package_altered", name=name) from error

    def copy(self, one: ListedFile, target: IO[bytes]) -> None:
        """Write a listed file to a target and wind it back; ``Invalid`` as the class."""
        for piece in self._pieces(one):
            target.write(piece)
        target.seek(0)

    def _pieces(self, one: ListedFile) -> Iterator[bytes]:
        """The file, piece by piece; refused at its end when it is not what the manifest says."""
        digest, size = hashlib.sha256(), 0
        try:
            with self._archive.open(self._entries[one.name]) as source:
                while piece := source.read(_PIECE):
                    digest.update(piece)
                    size += len(piece)
                    if size > one.size:
                        break
                    yield piece
        except _BROKEN as error:
            raise _unreadable(error) from error
        if (size, digest.hexdigest()) != (one.size, one.sha256):
            raise Invalid("dossier.package_altered", name=one.name)

    def _manifest(self) -> Manifest:
        entry = self._entries[MANIFEST]
        if entry.file_size > _JSON_BYTES:
            raise Invalid("dossier.package_too_large", files=1, limit=_JSON_BYTES)
        try:
            with self._archive.open(entry) as source:
                content = source.read(_JSON_BYTES + 1)
        except _BROKEN as error:
            raise _unreadable(error) from error
        try:
            return Manifest.model_validate_json(content)
        except ValidationError as error:
            raise Invalid("dossier.package_other_format", format=FORMAT, version=FORMAT_VERSION) from error


def _unreadable(error: BaseException) -> Invalid:
    return Invalid("dossier.package_unreadable", reason=str(error)[:120] or type(error).__name__)
