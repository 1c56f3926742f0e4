"""Objects by key, over obstore: the same code stores in a folder, in memory, or in S3."""

from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore
from obstore.store import ObjectStore as Backend

from ocop_api.domain.errors import Unavailable
from ocop_api.settings import StorageSettings


class ObjectStore:
    """Write-once objects. A key is made by us, never by a client."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def put(self, key: str, content: bytes) -> None:
        """Store ``content`` under ``key``. Keys name their content, so a second put changes nothing.

        Raises:
            Unavailable: ``request.storage_unavailable``; disk full, folder gone, network down.
        """
        try:
            await obstore.put_async(self._backend, key, content, mode="create")
        except AlreadyExistsError:
            return
        except (BaseError, OSError) as error:
            raise Unavailable("request.storage_unavailable") from error

    async def get(self, key: str) -> bytes | None:
        """The content, or None when there is no such object.

        Raises:
            Unavailable: ``request.storage_unavailable``; the storage does not answer.
        """
        try:
            found = await obstore.get_async(self._backend, key)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise Unavailable("request.storage_unavailable") from error


def store_for(settings: StorageSettings) -> ObjectStore:
    """The store these settings ask for."""
    return folder_store(settings.root)


def folder_store(root: Path) -> ObjectStore:
    """Objects as files below ``root``, which is made if missing."""
    root.mkdir(parents=True, exist_ok=True)
    return ObjectStore(LocalStore(prefix=str(root.absolute())))


def memory_store() -> ObjectStore:
    """Objects that end with the process."""
    return ObjectStore(MemoryStore())
