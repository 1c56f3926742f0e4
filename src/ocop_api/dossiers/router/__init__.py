"""Addresses of dossiers, their actions, and the regimes they follow."""

from fastapi import APIRouter

from ocop_api.dossiers.router import actions, carrying, checklist, evidence, files, regimes, rounds, work

routers: tuple[APIRouter, ...] = (
    files.router,
    evidence.router,
    carrying.router,
    checklist.router,
    actions.router,
    regimes.router,
    work.router,
    work.assignment,
    rounds.router,
)
