"""Routes of scoring, one module for each use case."""

from fastapi import APIRouter

from ocop_api.scoring.router import (
    advice,
    assessments,
    board,
    classification,
    councils,
    edition_keeping,
    editions,
    editions_changes,
    forms,
    interests,
    rating_reports,
    self_assessment,
    sessions,
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
    board.router,
    rating_reports.router,
    interests.router,
    assessments.router,
    self_assessment.router,
    self_assessment.saved,
)
