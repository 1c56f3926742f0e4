"""Addresses of products: the public catalogue, and registering and changing them."""

from ocop_api.products.router import catalogue, registering

routers = (catalogue.router, registering.router)
"""The catalogue's fixed paths stand before ``/{product_id}``."""
