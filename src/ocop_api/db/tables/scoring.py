"""Councils, their sessions, and what their members found: drafts, sheets, rounds and results.

``score_sheet``, ``late_sheet`` and ``council_result`` are records: triggers of the database refuse to change
or remove a row of theirs.
"""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity, Stamped, Versioned

_OFFICES = "office in ('chair', 'deputy', 'member', 'expert', 'secretary')"


class Council(Base, Versioned, Stamped):
    """A council (*hội đồng*) as its decision set it up; ``rules`` are those of its *Quy chế*."""

    __tablename__ = "council"

    id: Mapped[Identity]
    name: Mapped[str]
    level: Mapped[str]
    place_id: Mapped[str | None]
    area_path: Mapped[AreaPath]
    decision_number: Mapped[str]
    decision_date: Mapped[date]
    rules: Mapped[dict[str, Any]]

    __table_args__ = (
        CheckConstraint("level in ('district', 'province', 'central')", name="level"),
        CheckConstraint("(level = 'central') = (place_id is null)", name="place"),
        UniqueConstraint(
            "level",
            "place_id",
            "decision_number",
            postgresql_nulls_not_distinct=True,
            info={"code": "scoring.council_exists"},
        ),
        Index("ix_council__area_path", "area_path", postgresql_using="gin"),
    )


class CouncilMember(Base):
    """A seat on a council; ``position`` keeps the order of the decision."""

    __tablename__ = "council_member"

    council_id: Mapped[UUID] = mapped_column(ForeignKey("council.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("account_user.id"), primary_key=True)
    office: Mapped[str]
    name: Mapped[str]
    position: Mapped[int] = mapped_column(SmallInteger)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("role_grant.id"))
    """The role that came with the seat; it goes with it."""

    __table_args__ = (
        CheckConstraint(_OFFICES, name="office"),
        Index("ix_council_member__user_id", "user_id"),
    )


class CouncilAdviser(Base):
    """A person of a council's advisory group (*tổ tư vấn*); ``position`` keeps the order of the decision."""

    __tablename__ = "council_adviser"

    council_id: Mapped[UUID] = mapped_column(ForeignKey("council.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("account_user.id"), primary_key=True)
    office: Mapped[str]
    name: Mapped[str]
    position: Mapped[int] = mapped_column(SmallInteger)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("role_grant.id"))
    """The role that came with the place; it goes with it."""

    __table_args__ = (
        CheckConstraint("office in ('leader', 'member')", name="office"),
        Index("ix_council_adviser__user_id", "user_id"),
        Index(
            "uq_council_adviser__leader",
            "council_id",
            unique=True,
            postgresql_where=text("office = 'leader'"),
        ),
    )


class CouncilSession(Base, Versioned, Stamped):
    """A sitting (*phiên họp*) of a council on some dossiers."""

    __tablename__ = "council_session"

    id: Mapped[Identity]
    council_id: Mapped[UUID] = mapped_column(ForeignKey("council.id"), index=True)
    held_on: Mapped[date]
    form: Mapped[str]
    meeting_reason: Mapped[str | None]
    """Why files that go by written opinions are dealt with in a meeting."""
    starts_at: Mapped[time | None]
    """Hour of the meeting in Vietnam."""
    venue: Mapped[str | None]
    opinions_due_on: Mapped[date | None]
    """Last day for written opinions; set when the session opens at the latest."""
    invited_at: Mapped[datetime | None]
    """When the members were last told of this day and place."""
    short_notice_reason: Mapped[str | None]
    """Why a meeting was held although its members had fewer days than the rules give them."""
    state: Mapped[str]
    rules: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The council's rules as they were when the session opened; it is held under them to its end."""
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('planned', 'open', 'scoring', 'closed', 'minutes_signed')", name="state"),
        CheckConstraint("form in ('meeting', 'written_opinions')", name="form"),
        CheckConstraint("meeting_reason is null or form = 'meeting'", name="meeting_reason"),
        CheckConstraint("(opened_at is null) = (rules is null)", name="rules"),
        CheckConstraint("opinions_due_on is null or form = 'written_opinions'", name="opinions_due_on"),
    )


class SessionInvitation(Base):
    """That somebody with a seat was invited (*giấy mời*), and what they answered; the last one of each."""

    __tablename__ = "session_invitation"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("council_session.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    sent_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    note: Mapped[str]

    __table_args__ = (
        CheckConstraint("answer in ('accepted', 'declined')", name="answer"),
        CheckConstraint("(answer is null) = (answered_at is null)", name="answered"),
    )


class SessionSeat(Base):
    """A seat as it was when the session opened, and whether the person was there."""

    __tablename__ = "session_seat"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("council_session.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    office: Mapped[str]
    name: Mapped[str]
    position: Mapped[int] = mapped_column(SmallInteger)
    present: Mapped[bool]
    arrived_at: Mapped[datetime | None]
    """When the person came, if that was after the opening."""
    left_at: Mapped[datetime | None]
    """When the person last left before the end."""

    __table_args__ = (CheckConstraint(_OFFICES, name="office"),)


class SessionDossier(Base):
    """A dossier on a session's agenda. It can stand on one live agenda only."""

    __tablename__ = "session_dossier"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("council_session.id"), primary_key=True)
    dossier_id: Mapped[UUID] = mapped_column(ForeignKey("dossier.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str]
    dropped_reason: Mapped[str | None]
    version_number: Mapped[int | None] = mapped_column(SmallInteger)
    """The version of the file that is scored, fixed when the session opens."""

    __table_args__ = (
        CheckConstraint("state in ('waiting', 'scoring', 'concluded', 'dropped')", name="state"),
        Index(
            "uq_session_dossier__live",
            "dossier_id",
            unique=True,
            postgresql_where=text("state in ('waiting', 'scoring')"),
            info={"code": "scoring.dossier_on_another_agenda"},
        ),
    )


class SessionRecusal(Base):
    """A member kept from one dossier of a session, and why."""

    __tablename__ = "session_recusal"

    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    dossier_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    reason: Mapped[str]
    origin: Mapped[str]
    note: Mapped[str]
    declared_at: Mapped[datetime]
    declared_by: Mapped[UUID | None]
    """Who told it: the member, or who runs the council's business; None when it was detected."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["session_id", "dossier_id"],
            ["session_dossier.session_id", "session_dossier.dossier_id"],
            name="fk_session_recusal__session_id_dossier_id",
        ),
        CheckConstraint(
            "reason in ('owner', 'relative', 'employee', 'adviser', 'evaluated_below', 'rated_before', "
            "'advised', "
            "'other_interest')",
            name="reason",
        ),
        CheckConstraint("origin in ('self_declared', 'detected')", name="origin"),
    )


class ClearedTie(Base):
    """A question of a conflict of interest that was answered: the member takes part, and why they may."""

    __tablename__ = "cleared_tie"

    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    dossier_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    reason: Mapped[str]
    cleared_at: Mapped[datetime]
    cleared_by: Mapped[UUID | None]

    __table_args__ = (
        ForeignKeyConstraint(
            ["session_id", "dossier_id"],
            ["session_dossier.session_id", "session_dossier.dossier_id"],
            name="fk_cleared_tie__session_id_dossier_id",
        ),
    )


class MemberInterest(Base):
    """What somebody who sits on councils registered: a tie to a producer, or a relative in the trade.

    Names and numbers of relatives are personal data: they are for the person who registered them and for
    those who run the business of a council they sit on, and never stand in the ledger.
    """

    __tablename__ = "member_interest"

    id: Mapped[Identity]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("account_user.id"), index=True)
    relation: Mapped[str]
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id"), index=True)
    relative_name: Mapped[str | None]
    relative_phone: Mapped[str | None]
    note: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    registered_at: Mapped[datetime]
    registered_by: Mapped[UUID | None]

    __table_args__ = (
        CheckConstraint(
            "relation in ('owner', 'relative', 'employee', 'adviser', 'other_interest')", name="relation"
        ),
        CheckConstraint("(producer_id is null) <> (relative_name is null)", name="tie"),
        CheckConstraint("relative_name is null or relation = 'relative'", name="relative"),
        CheckConstraint("relative_phone is null or relative_name is not null", name="phone"),
        CheckConstraint("valid_until >= valid_from", name="period"),
    )


class ScoringRound(Base):
    """One round of scoring a dossier; its row lock decides between submitting and closing.

    ``reason`` says why a round after the first was needed. The comparison is written on closing.
    """

    __tablename__ = "scoring_round"

    id: Mapped[Identity]
    session_id: Mapped[UUID]
    dossier_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str]
    reason: Mapped[str | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    comparison: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    __table_args__ = (
        ForeignKeyConstraint(
            ["session_id", "dossier_id"],
            ["session_dossier.session_id", "session_dossier.dossier_id"],
            name="fk_scoring_round__session_id_dossier_id",
        ),
        UniqueConstraint("session_id", "dossier_id", "number", info={"code": "scoring.round_closed"}),
        CheckConstraint("state in ('open', 'closed')", name="state"),
        CheckConstraint("reason in ('spread_exceeded', 'sheets_unfinished')", name="reason"),
        CheckConstraint("(state = 'closed') = (comparison is not null)", name="comparison"),
    )


class SheetDraft(Base, Versioned, Stamped):
    """A member's sheet in the making; it is replaced by the record on submission."""

    __tablename__ = "sheet_draft"

    round_id: Mapped[UUID] = mapped_column(ForeignKey("scoring_round.id"), primary_key=True)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    choices: Mapped[dict[str, Any]]
    gates: Mapped[list[dict[str, Any]]]
    remarks: Mapped[str]
    criterion_remarks: Mapped[dict[str, Any]]


class ScoreSheet(Base):
    """A submitted score sheet (*phiếu chấm điểm*); ``sha256`` covers everything that was submitted."""

    __tablename__ = "score_sheet"

    id: Mapped[Identity]
    round_id: Mapped[UUID] = mapped_column(ForeignKey("scoring_round.id"))
    member_id: Mapped[UUID]
    session_id: Mapped[UUID]
    dossier_id: Mapped[UUID]
    round_number: Mapped[int] = mapped_column(SmallInteger)
    edition: Mapped[str]
    set_number: Mapped[int] = mapped_column(SmallInteger)
    choices: Mapped[dict[str, Any]]
    gates: Mapped[list[dict[str, Any]]]
    remarks: Mapped[str]
    criterion_remarks: Mapped[dict[str, Any]]
    """Remarks by criterion code."""
    version_number: Mapped[int | None] = mapped_column(SmallInteger)
    """The version of the file that was scored; not on sheets of before it was written there."""
    evaluation: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    submitted_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("round_id", "member_id", info={"code": "scoring.sheet_exists"}),
        Index("ix_score_sheet__dossier_id", "dossier_id"),
    )


class LateSheet(Base):
    """A sheet that came when its round had closed. It counts for nothing; it is kept and reported."""

    __tablename__ = "late_sheet"

    id: Mapped[Identity]
    round_id: Mapped[UUID] = mapped_column(ForeignKey("scoring_round.id"))
    member_id: Mapped[UUID]
    session_id: Mapped[UUID] = mapped_column(index=True)
    dossier_id: Mapped[UUID]
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    """Of the content as canonical JSON; the same sheet sent again is not kept twice."""
    received_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("round_id", "member_id", "sha256"),)


class CouncilResult(Base):
    """What a council found on a dossier, with the exact mean as a fraction such as ``26999/300``."""

    __tablename__ = "council_result"

    id: Mapped[Identity]
    session_id: Mapped[UUID]
    dossier_id: Mapped[UUID]
    round_id: Mapped[UUID] = mapped_column(ForeignKey("scoring_round.id"))
    outcome: Mapped[str]
    mean: Mapped[str | None]
    displayed_mean: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    star: Mapped[int | None] = mapped_column(SmallInteger)
    consolidation: Mapped[dict[str, Any]]
    explanation: Mapped[list[dict[str, Any]]]
    sha256: Mapped[str]
    concluded_at: Mapped[datetime]
    concluded_by: Mapped[UUID]

    __table_args__ = (
        UniqueConstraint("session_id", "dossier_id", info={"code": "scoring.round_closed"}),
        CheckConstraint("outcome in ('rated', 'stopped', 'disqualified')", name="outcome"),
        CheckConstraint("star between 1 and 5", name="star"),
        Index("ix_council_result__dossier_id", "dossier_id"),
    )
