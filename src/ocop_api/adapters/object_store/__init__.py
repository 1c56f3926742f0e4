"""Where files are kept: one port, a folder for small installations, S3, memory for tests."""

from ocop_api.adapters.object_store.store import (
    PIECE,
    Content,
    Found,
    ObjectStore,
    SignedPut,
    TooLargeError,
    folder_store,
    memory_store,
    s3_store,
    store_for,
)

__all__ = [
    "PIECE",
    "Content",
    "Found",
    "ObjectStore",
    "SignedPut",
    "TooLargeError",
    "folder_store",
    "memory_store",
    "s3_store",
    "store_for",
]
