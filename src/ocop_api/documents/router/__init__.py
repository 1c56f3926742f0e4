"""Addresses of documents."""

from fastapi import APIRouter

from ocop_api.documents.router import files, uploads

# Fixed addresses stand before `/{document_id}`.
routers: tuple[APIRouter, ...] = (uploads.router, files.router)
