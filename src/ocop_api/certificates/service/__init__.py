"""Services of certificates by use case: the register, its numbers, issuing, verification, printing, appeals.

Beside them: its electronic form as a signed credential, and the checking of one that somebody shows.
"""

from ocop_api.certificates.repository import CertificateRecord
from ocop_api.certificates.service.appeal_lodging import AppealLodging
from ocop_api.certificates.service.appeal_procedure import AppealProcedure
from ocop_api.certificates.service.appeal_reading import AppealReader
from ocop_api.certificates.service.confirming import ConfirmingService
from ocop_api.certificates.service.credential_checking import CredentialChecker, CredentialFinding
from ocop_api.certificates.service.credentials import (
    STATUS_SECONDS,
    CredentialService,
    SignedCredential,
)
from ocop_api.certificates.service.decision_signing import DecisionSigningService
from ocop_api.certificates.service.decisions import DecisionService, bound
from ocop_api.certificates.service.document import PaperService
from ocop_api.certificates.service.document_checking import ACCEPTED as DOCUMENT_TYPES
from ocop_api.certificates.service.document_checking import DocumentChecker, DocumentFinding, InDocument
from ocop_api.certificates.service.issuing import IssuingService, Recognised
from ocop_api.certificates.service.lives import LifeService
from ocop_api.certificates.service.numbers import NumberService
from ocop_api.certificates.service.recording import HistoricRecognition, Recorded, RecordingService
from ocop_api.certificates.service.register import CertificateService
from ocop_api.certificates.service.standings import standings_on
from ocop_api.certificates.service.statistics import StatisticsService
from ocop_api.certificates.service.verification import Finding, VerificationService
from ocop_api.certificates.service.withdrawal_clock import WithdrawalClock
from ocop_api.certificates.service.withdrawal_deciding import SignedWithdrawals, WithdrawalPapers
from ocop_api.certificates.service.withdrawal_procedure import WithdrawalCases
from ocop_api.certificates.service.withdrawal_reading import WithdrawalReader

__all__ = [
    "DOCUMENT_TYPES",
    "STATUS_SECONDS",
    "AppealLodging",
    "AppealProcedure",
    "AppealReader",
    "CertificateRecord",
    "CertificateService",
    "ConfirmingService",
    "CredentialChecker",
    "CredentialFinding",
    "CredentialService",
    "DecisionService",
    "DecisionSigningService",
    "DocumentChecker",
    "DocumentFinding",
    "Finding",
    "HistoricRecognition",
    "InDocument",
    "IssuingService",
    "LifeService",
    "NumberService",
    "PaperService",
    "Recognised",
    "Recorded",
    "RecordingService",
    "SignedCredential",
    "SignedWithdrawals",
    "StatisticsService",
    "VerificationService",
    "WithdrawalCases",
    "WithdrawalClock",
    "WithdrawalPapers",
    "WithdrawalReader",
    "bound",
    "standings_on",
]
