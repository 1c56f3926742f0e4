"""Where files are kept: one port, a folder for small installations, memory for tests."""

from ocop_api.adapters.object_store.store import ObjectStore, folder_store, memory_store, store_for

__all__ = ["ObjectStore", "folder_store", "memory_store", "store_for"]
