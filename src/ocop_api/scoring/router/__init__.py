"""Routes of scoring, one module for each use case."""

from fastapi import APIRouter

from ocop_api.scoring.router import (
    advice,
    classification,
    councils,
    edition_keeping,
    editions,
    editions_changes,
    forms,
    papers,
    self_assessment,
    sessions,
    signed_papers,
)

routers: tuple[APIRouter, ...] = (
    editions.router,
    editions_changes.router,
    edition_keeping.router,
    advice.router,
    forms.router,
    classification.router,
    councils.router,
    sessions.router,
    papers.router,
    signed_papers.router,
    self_assessment.router,
    self_assessment.saved,
)
