"""Addresses of products: the public catalogue, registering and changing them, and their photos."""

from ocop_api.products.router import catalogue, merging, pages, papers, photos, registering, sets

routers = (
    catalogue.router,
    merging.router,
    registering.router,
    papers.router,
    photos.router,
    photos.media,
    sets.router,
    pages.router,
)
"""The catalogue's fixed paths stand before ``/{product_id}``."""
