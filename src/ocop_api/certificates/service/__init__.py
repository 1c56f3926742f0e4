"""Services of certificates by use case: the register, issuing, verification, printing, appeals."""

from ocop_api.certificates.repository import CertificateRecord
from ocop_api.certificates.service.appeal_lodging import AppealLodging
from ocop_api.certificates.service.appeal_procedure import AppealProcedure
from ocop_api.certificates.service.appeal_reading import AppealReader
from ocop_api.certificates.service.issuing import IssuingService
from ocop_api.certificates.service.recording import Recorded, RecordingService
from ocop_api.certificates.service.register import CertificateService, HistoricRecognition
from ocop_api.certificates.service.verification import Finding, VerificationService

__all__ = [
    "AppealLodging",
    "AppealProcedure",
    "AppealReader",
    "CertificateRecord",
    "CertificateService",
    "Finding",
    "HistoricRecognition",
    "IssuingService",
    "Recorded",
    "RecordingService",
    "VerificationService",
]
