"""Certificates, and what ended them. A certificate's words and dates are written once and never edited."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity, Stamped, Versioned


class Certificate(Stamped, Versioned, Base):
    """One recognition (*giấy chứng nhận*): issued here, or recorded from an earlier decision or report.

    Only ``version`` and ``updated_at`` move, when a withdrawal or a supersession is added beside it.
    """

    __tablename__ = "certificate"

    id: Mapped[Identity]
    number: Mapped[str | None]
    """Printed number; recorded recognitions may lack it."""
    number_prefix: Mapped[str | None]
    """Its parts as ``domain.certificate_number`` reads them; None for a form nothing counts in."""
    number_year: Mapped[int | None] = mapped_column(SmallInteger)
    number_serial: Mapped[int | None]
    code: Mapped[str]
    """Verification code behind the QR symbol: 128 random bits in base32."""
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"), index=True)
    dossier_id: Mapped[UUID | None] = mapped_column(ForeignKey("dossier.id"))
    appeal_id: Mapped[UUID | None] = mapped_column(ForeignKey("appeal.id"))
    """The appeal that led to it, where one did."""
    recognition_decision_id: Mapped[UUID | None] = mapped_column(ForeignKey("recognition_decision.id"))
    """The decision it was issued by; None for a recorded one."""
    annex_place: Mapped[int | None]
    """Its place in the annex of that decision, from 1."""
    regime: Mapped[str | None]
    """Code of the regime it lives by; None for a report without a date."""
    level: Mapped[str | None]
    """Level of the deciding authority."""
    stars: Mapped[int] = mapped_column(SmallInteger)
    decision_number: Mapped[str | None]
    decided_on: Mapped[date | None]
    issued_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    """Last day of the term; None when only reported."""
    notice_from: Mapped[date | None]
    """First day on which it counts as expiring."""
    issuing_authority: Mapped[str | None]
    signer_title: Mapped[str | None]
    place: Mapped[str | None]
    """Where it was issued, as printed before the date."""
    product_name: Mapped[str]
    producer_name: Mapped[str]
    producer_address: Mapped[str]
    source: Mapped[str]
    """``issued`` by this system, or where a recorded recognition was read."""
    confidence: Mapped[str]
    """``decision``: a decision is at hand. ``press``: only reported."""
    area_path: Mapped[AreaPath]

    __table_args__ = (
        UniqueConstraint("number", info={"code": "certificate.number_taken"}),
        UniqueConstraint(
            "number_prefix",
            "number_year",
            "number_serial",
            name="uq_certificate__number_parts",
            info={"code": "certificate.number_taken"},
        ),
        CheckConstraint(
            "(number_prefix is null) = (number_serial is null)"
            " and (number_prefix is null) = (number_year is null)"
            " and (number_prefix is null or number is not null)",
            name="number_parts",
        ),
        UniqueConstraint(
            "recognition_decision_id", "annex_place", info={"code": "decision.changed_meanwhile"}
        ),
        CheckConstraint("(recognition_decision_id is null) = (annex_place is null)", name="annex_place"),
        UniqueConstraint("code", info={"code": "certificate.code_taken"}),
        UniqueConstraint(
            "product_id",
            "decision_number",
            "decided_on",
            "stars",
            name="uq_certificate__recognition",
            postgresql_nulls_not_distinct=True,
            info={"code": "certificate.recognition_exists"},
        ),
        CheckConstraint("stars between 3 and 5", name="stars"),
        CheckConstraint("confidence in ('decision', 'press')", name="confidence"),
        CheckConstraint(
            "level is null or level in ('commune', 'district', 'province', 'central')", name="level"
        ),
        # A term is whole or absent: nobody may read validity into half a date.
        CheckConstraint(
            "(valid_until is null) = (issued_on is null) and (valid_until is null) = (notice_from is null) "
            "and (valid_until is null or (decided_on is not null and regime is not null "
            "and confidence = 'decision' and valid_until >= issued_on and notice_from <= valid_until))",
            name="term",
        ),
        CheckConstraint("appeal_id is null or dossier_id is not null", name="appeal"),
        # A dossier has the certificate of its rating and, where an appeal led to more stars, that of the
        # rating after it.
        Index(
            "uq_certificate__dossier_id_appeal_id",
            "dossier_id",
            "appeal_id",
            unique=True,
            postgresql_where=text("dossier_id is not null"),
            postgresql_nulls_not_distinct=True,
            info={"code": "certificate.already_issued"},
        ),
        Index("ix_certificate__valid_until", "valid_until", "id"),
        Index("ix_certificate__area_path", "area_path", postgresql_using="gin"),
    )


class CertificateWithdrawal(Base):
    """The decision that took a certificate back (*thu hồi*, Decision 26/2026, Art. 8)."""

    __tablename__ = "certificate_withdrawal"

    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"), primary_key=True)
    withdrawn_on: Mapped[date]
    ground: Mapped[str]
    reason: Mapped[str]
    concluded_on: Mapped[date]
    decision_number: Mapped[str | None]
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("withdrawal_case.id"))
    """The case that led to it; None for what was withdrawn before there were cases."""

    __table_args__ = (
        CheckConstraint(
            "ground in ('dishonest_file', 'criteria_not_kept', 'violation_of_law', 'misuse_of_mark', "
            "'production_stopped', 'other_conclusion')",
            name="ground",
        ),
        UniqueConstraint("case_id", info={"code": "withdrawal.decided_already"}),
    )


class CertificateSupersession(Base):
    """Another certificate of the product took the place of this one (upgrade or re-rating)."""

    __tablename__ = "certificate_supersession"

    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"), primary_key=True)
    successor_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"), index=True)
    superseded_on: Mapped[date]

    __table_args__ = (CheckConstraint("certificate_id <> successor_id", name="other_certificate"),)


class CertificateNotice(Base):
    """What the clock has brought about for a certificate and has been told, each thing once."""

    __tablename__ = "certificate_notice"

    id: Mapped[Identity]
    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"))
    mark: Mapped[str]
    """Days before the end of the term, or what began the day after it: ``extended`` or ``expired``."""
    told_on: Mapped[date]
    """Vietnamese calendar day on which it was written into the ledger."""

    __table_args__ = (
        UniqueConstraint("certificate_id", "mark"),
        CheckConstraint("mark in ('180', '150', '120', '30', 'extended', 'expired')", name="mark"),
    )


class CertificateSerial(Base):
    """The last serial of a prefix and year; its row lock gives numbers without gap or repeat."""

    __tablename__ = "certificate_serial"

    prefix: Mapped[str] = mapped_column(primary_key=True)
    """What stands before the serial: ``68-24611``, ``67-660`` or ``TW``."""
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    serial: Mapped[int]


class CertificateNumberGap(Base):
    """Serials that were jumped over, and why; a number recorded later may still lie among them."""

    __tablename__ = "certificate_number_gap"

    id: Mapped[Identity]
    prefix: Mapped[str]
    year: Mapped[int] = mapped_column(SmallInteger)
    first_serial: Mapped[int]
    last_serial: Mapped[int]
    reason: Mapped[str]
    """``recorded``: a certificate with a higher serial was recorded. ``before_records``: from before gaps
    were noted, and what is stored does not tell."""
    certificate_id: Mapped[UUID | None] = mapped_column(ForeignKey("certificate.id"))
    """The recorded certificate."""
    made_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("prefix", "year", "first_serial"),
        CheckConstraint("first_serial between 1 and last_serial", name="serials"),
        CheckConstraint("reason in ('recorded', 'before_records')", name="reason"),
        CheckConstraint("(reason = 'recorded') = (certificate_id is not null)", name="certificate"),
    )
