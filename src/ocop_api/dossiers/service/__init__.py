"""Services of dossiers by use case: the file and its steps, drafting and lodging, the procedure, reading.

Beside the procedure: comments, samples, surveys and tests, and what changed between two files.
"""

from ocop_api.dossiers.service.carrying import CarryingService
from ocop_api.dossiers.service.comments import CommentService
from ocop_api.dossiers.service.comparing import ComparingService
from ocop_api.dossiers.service.drafting import DraftingService
from ocop_api.dossiers.service.examinations import ExaminationService
from ocop_api.dossiers.service.examining import ExaminedFile, ExaminingService
from ocop_api.dossiers.service.files import DossierService
from ocop_api.dossiers.service.procedure import ProcedureService
from ocop_api.dossiers.service.reading import DossierReader
from ocop_api.dossiers.service.samples import SampleService

__all__ = [
    "CarryingService",
    "CommentService",
    "ComparingService",
    "DossierReader",
    "DossierService",
    "DraftingService",
    "ExaminationService",
    "ExaminedFile",
    "ExaminingService",
    "ProcedureService",
    "SampleService",
]
