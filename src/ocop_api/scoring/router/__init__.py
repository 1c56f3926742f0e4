"""Routes of scoring, one module for each use case."""

from fastapi import APIRouter

routers: tuple[APIRouter, ...] = ()
