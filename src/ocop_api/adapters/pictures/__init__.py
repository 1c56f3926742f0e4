"""Pictures: recognised by their bytes, freed of everything but the picture, and drawn in web sizes."""

from ocop_api.adapters.pictures.drawing import SIZES, Rendition, renditions
from ocop_api.adapters.pictures.inspecting import MAX_PIXELS, PictureFacts, clean, inspect
from ocop_api.adapters.pictures.pool import in_pool

__all__ = ["MAX_PIXELS", "SIZES", "PictureFacts", "Rendition", "clean", "in_pool", "inspect", "renditions"]
