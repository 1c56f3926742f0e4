"""Routes of scoring, one module for each use case."""

from fastapi import APIRouter

from ocop_api.scoring.router import editions

routers: tuple[APIRouter, ...] = (editions.router,)
