"""Inspections over HTTP: candidates and plans, inspections, their photos and papers."""

from ocop_api.inspections.router import inspections, papers, photos, plans

routers = (
    # Before the inspections: its path would be read as an id there.
    plans.choosing,
    plans.router,
    inspections.router,
    photos.router,
    papers.router,
)
