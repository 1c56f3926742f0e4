"""Many files bound into one PDF with bookmarks, in a process of their own."""

from ocop_api.adapters.pdf_binding.binding import Bookmark, Bound, Sheet, bind

__all__ = ["Bookmark", "Bound", "Sheet", "bind"]
