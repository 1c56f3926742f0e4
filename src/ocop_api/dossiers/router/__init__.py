"""Addresses of dossiers, their actions, and the regimes they follow."""

from fastapi import APIRouter

from ocop_api.dossiers.router import (
    actions,
    carrying,
    checklist,
    comments,
    evidence,
    examinations,
    export,
    files,
    papers,
    regimes,
    rounds,
    samples,
    versions,
    work,
)

routers: tuple[APIRouter, ...] = (
    files.router,
    evidence.router,
    export.router,
    papers.router,
    carrying.router,
    checklist.router,
    actions.router,
    versions.router,
    comments.router,
    samples.router,
    examinations.router,
    regimes.router,
    work.router,
    work.assignment,
    rounds.router,
)
