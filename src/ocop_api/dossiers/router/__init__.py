"""Addresses of dossiers, their actions, and the regimes they follow."""

from fastapi import APIRouter

from ocop_api.dossiers.router import (
    actions,
    carrying,
    checklist,
    evidence,
    files,
    regimes,
    rounds,
    versions,
    work,
)

routers: tuple[APIRouter, ...] = (
    files.router,
    evidence.router,
    carrying.router,
    checklist.router,
    actions.router,
    regimes.router,
    versions.router,
    work.router,
    work.assignment,
    rounds.router,
)
