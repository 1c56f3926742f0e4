"""Addresses of producers: registering and changing, figures of years, duplicates, mergers and history."""

from ocop_api.producers.router import merging, registering, years

routers = (merging.router, registering.router, years.router)
"""``/duplicates`` stands before ``/{producer_id}``."""
