"""Services of dossiers by use case: the file and its steps, drafting and lodging, the procedure, reading."""

from ocop_api.dossiers.service.carrying import CarryingService
from ocop_api.dossiers.service.drafting import DraftingService
from ocop_api.dossiers.service.files import DossierService
from ocop_api.dossiers.service.procedure import ProcedureService
from ocop_api.dossiers.service.reading import DossierReader

__all__ = ["CarryingService", "DossierReader", "DossierService", "DraftingService", "ProcedureService"]
