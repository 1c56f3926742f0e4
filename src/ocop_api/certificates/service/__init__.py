"""Services of certificates by use case: the register, issuing, verification, the printed certificate."""

from ocop_api.certificates.repository import CertificateRecord
from ocop_api.certificates.service.issuing import IssuingService
from ocop_api.certificates.service.recording import Recorded, RecordingService
from ocop_api.certificates.service.register import CertificateService, HistoricRecognition
from ocop_api.certificates.service.verification import Finding, VerificationService

__all__ = [
    "CertificateRecord",
    "CertificateService",
    "Finding",
    "HistoricRecognition",
    "IssuingService",
    "Recorded",
    "RecordingService",
    "VerificationService",
]
