"""Addresses of dossiers, their actions, and the regimes they follow."""

from fastapi import APIRouter

from ocop_api.dossiers.router import (
    actions,
    carrying,
    comments,
    evidence,
    files,
    regimes,
    samples,
    versions,
)

routers: tuple[APIRouter, ...] = (
    files.router,
    evidence.router,
    carrying.router,
    actions.router,
    versions.router,
    comments.router,
    samples.router,
    regimes.router,
)
