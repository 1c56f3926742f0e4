"""Services of documents by use case: keeping and finding, announced uploads, citations, background work."""

from ocop_api.db.tables.documents import Document
from ocop_api.documents.service.citations import CitationService
from ocop_api.documents.service.files import DocumentService
from ocop_api.documents.service.uploads import UploadLinks, UploadService

__all__ = ["CitationService", "Document", "DocumentService", "UploadLinks", "UploadService"]
