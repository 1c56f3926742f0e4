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
    papers,
    rating_reports,
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
    board.router,
    rating_reports.router,
    interests.router,
    assessments.router,
    papers.router,
    signed_papers.router,
    self_assessment.router,
    self_assessment.saved,
)
