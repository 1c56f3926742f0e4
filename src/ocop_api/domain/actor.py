"""Who acts: roles, what each may do, and where.

A grant gives one role within one bound: an administrative area (with everything below it), one
council, or one producer. The ministry's roles have no bound. Nothing is allowed unless a grant says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Permission(StrEnum):
    """Everything that can be allowed, as ``resource:action``, sorted."""

    CALENDAR_MANAGE = "calendar:manage"
    CERTIFICATE_CONFIRM = "certificate:confirm"
    CERTIFICATE_ISSUE = "certificate:issue"
    CERTIFICATE_WITHDRAW = "certificate:withdraw"
    COUNCIL_MANAGE = "council:manage"
    COUNCIL_READ = "council:read"
    DOSSIER_ASSESS = "dossier:assess"
    DOSSIER_DECIDE = "dossier:decide"
    DOSSIER_EDIT = "dossier:edit"
    DOSSIER_FORWARD = "dossier:forward"
    DOSSIER_LODGE = "dossier:lodge"
    DOSSIER_READ = "dossier:read"
    DOSSIER_RECEIVE = "dossier:receive"
    DOSSIER_RETURN = "dossier:return"
    EDITION_MANAGE = "edition:manage"
    EVENT_CAPTURE = "event:capture"
    GRANT_ASSIGN = "grant:assign"
    IMPORT_RUN = "import:run"
    INSPECTION_ANSWER = "inspection:answer"
    INSPECTION_APPROVE = "inspection:approve"
    INSPECTION_CONDUCT = "inspection:conduct"
    INSPECTION_MANAGE = "inspection:manage"
    INSPECTION_READ = "inspection:read"
    LEDGER_READ = "ledger:read"
    LISTING_EDIT = "listing:edit"
    LISTING_VERIFY = "listing:verify"
    LOT_EDIT = "lot:edit"
    LOT_READ = "lot:read"
    PRODUCER_CREATE = "producer:create"
    PRODUCER_EDIT = "producer:edit"
    PRODUCER_READ = "producer:read"
    PRODUCT_EDIT = "product:edit"
    PRODUCT_READ = "product:read"
    PROGRAMME_READ = "programme:read"
    PROGRAMME_REPORT = "programme:report"
    SHEET_READ = "sheet:read"
    SHEET_SUBMIT = "sheet:submit"
    USER_CREATE = "user:create"
    USER_READ = "user:read"
    WITHDRAWAL_ANSWER = "withdrawal:answer"
    WITHDRAWAL_OPEN = "withdrawal:open"
    WITHDRAWAL_PREPARE = "withdrawal:prepare"


class Role(StrEnum):
    """The roles of the programme."""

    ADMIN = "admin"
    """Administrator of the system in an area (quản trị hệ thống)."""
    OFFICER = "officer"
    """Officer of the programme at the level of the grant's area (cán bộ OCOP)."""
    LEADER = "leader"
    """Leader who decides at that level: committee chair or minister (chủ tịch UBND, bộ trưởng)."""
    COUNCIL_MEMBER = "council_member"
    """Scores in one council (thành viên hội đồng)."""
    COUNCIL_SECRETARY = "council_secretary"
    """Keeps one council's sessions and minutes, does not score (thư ký hội đồng)."""
    COUNCIL_ADVISER = "council_adviser"
    """Assesses the files of one council before it sits, does not score (thành viên tổ tư vấn)."""
    PRODUCER = "producer"
    """Acts for one producer (chủ thể)."""
    INSPECTOR = "inspector"
    """Reads and checks in an area (thanh tra, kiểm tra)."""


class Bound(StrEnum):
    """What limits a grant."""

    AREA = "area"
    COUNCIL = "council"
    PRODUCER = "producer"
    EVERYWHERE = "everywhere"


class Level(StrEnum):
    """Levels of administration, lowest first (xã, huyện until 30/06/2025, tỉnh, trung ương)."""

    COMMUNE = "commune"
    DISTRICT = "district"
    PROVINCE = "province"
    CENTRAL = "central"


_P = Permission
ROLE_BOUNDS: dict[Role, frozenset[Bound]] = {
    Role.ADMIN: frozenset({Bound.AREA, Bound.EVERYWHERE}),
    Role.OFFICER: frozenset({Bound.AREA, Bound.EVERYWHERE}),
    Role.LEADER: frozenset({Bound.AREA, Bound.EVERYWHERE}),
    Role.INSPECTOR: frozenset({Bound.AREA, Bound.EVERYWHERE}),
    Role.COUNCIL_MEMBER: frozenset({Bound.COUNCIL}),
    Role.COUNCIL_SECRETARY: frozenset({Bound.COUNCIL}),
    Role.COUNCIL_ADVISER: frozenset({Bound.COUNCIL}),
    Role.PRODUCER: frozenset({Bound.PRODUCER}),
}

_READS = frozenset(
    {
        _P.COUNCIL_READ,
        _P.DOSSIER_READ,
        _P.INSPECTION_READ,
        _P.LOT_READ,
        _P.PRODUCER_READ,
        _P.PRODUCT_READ,
        _P.PROGRAMME_READ,
    }
)
ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: _READS
    | {
        _P.CALENDAR_MANAGE,
        _P.EDITION_MANAGE,
        _P.GRANT_ASSIGN,
        _P.IMPORT_RUN,
        _P.LEDGER_READ,
        _P.PRODUCER_CREATE,
        _P.PRODUCER_EDIT,
        _P.PRODUCT_EDIT,
        _P.PROGRAMME_REPORT,
        _P.USER_CREATE,
        _P.USER_READ,
    },
    Role.OFFICER: _READS
    | {
        _P.CERTIFICATE_CONFIRM,
        _P.COUNCIL_MANAGE,
        _P.DOSSIER_ASSESS,
        _P.DOSSIER_FORWARD,
        _P.DOSSIER_RECEIVE,
        _P.DOSSIER_RETURN,
        _P.IMPORT_RUN,
        _P.INSPECTION_CONDUCT,
        _P.INSPECTION_MANAGE,
        _P.LISTING_VERIFY,
        _P.PRODUCER_CREATE,
        _P.PRODUCER_EDIT,
        _P.PRODUCT_EDIT,
        _P.PROGRAMME_REPORT,
        _P.WITHDRAWAL_OPEN,
        _P.WITHDRAWAL_PREPARE,
    },
    Role.LEADER: _READS
    | {_P.CERTIFICATE_ISSUE, _P.CERTIFICATE_WITHDRAW, _P.DOSSIER_DECIDE, _P.INSPECTION_APPROVE},
    Role.INSPECTOR: _READS | {_P.INSPECTION_CONDUCT, _P.LEDGER_READ, _P.WITHDRAWAL_OPEN},
    Role.COUNCIL_MEMBER: frozenset({_P.COUNCIL_READ, _P.DOSSIER_READ, _P.SHEET_SUBMIT}),
    Role.COUNCIL_SECRETARY: frozenset({_P.COUNCIL_MANAGE, _P.COUNCIL_READ, _P.DOSSIER_READ}),
    Role.COUNCIL_ADVISER: frozenset({_P.COUNCIL_READ, _P.DOSSIER_ASSESS, _P.DOSSIER_READ}),
    Role.PRODUCER: frozenset(
        {
            _P.DOSSIER_EDIT,
            _P.DOSSIER_LODGE,
            _P.DOSSIER_READ,
            _P.EVENT_CAPTURE,
            _P.INSPECTION_ANSWER,
            _P.INSPECTION_READ,
            _P.LISTING_EDIT,
            _P.LOT_EDIT,
            _P.LOT_READ,
            _P.PRODUCER_EDIT,
            _P.PRODUCER_READ,
            _P.PRODUCT_EDIT,
            _P.PRODUCT_READ,
            _P.WITHDRAWAL_ANSWER,
        }
    ),
}


PERSONAL: frozenset[Permission] = frozenset({_P.GRANT_ASSIGN, _P.USER_CREATE})
"""What only a person does, signed in: a key that could make accounts or appoint would outlive its end."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One role within one bound.

    ``place_id`` is an administrative unit of ``places`` (``"34:68"``); ``level`` its level.
    Exactly one of ``place_id``, ``council_id``, ``producer_id`` is set, or none for ``everywhere``.
    """

    role: Role
    bound: Bound
    level: Level | None = None
    place_id: str | None = None
    council_id: UUID | None = None
    producer_id: UUID | None = None

    def permits(self, permission: Permission) -> bool:
        """Whether the role of this grant carries the permission."""
        return permission in ROLE_PERMISSIONS[self.role]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an actor may use one permission; the row filters of repositories are built from it.

    A row is inside when ``everywhere`` holds, its area path meets ``place_ids``, its producer is in
    ``producer_ids``, or its council is in ``council_ids``.
    """

    everywhere: bool = False
    place_ids: frozenset[str] = frozenset()
    producer_ids: frozenset[UUID] = frozenset()
    council_ids: frozenset[UUID] = frozenset()

    @property
    def empty(self) -> bool:
        """True when nothing at all is inside."""
        return not (self.everywhere or self.place_ids or self.producer_ids or self.council_ids)

    def covers(
        self,
        *,
        area_path: Iterable[str] = (),
        producer_id: UUID | None = None,
        council_id: UUID | None = None,
    ) -> bool:
        """Whether a thing with these attributes lies inside."""
        return (
            self.everywhere
            or not self.place_ids.isdisjoint(area_path)
            or (producer_id is not None and producer_id in self.producer_ids)
            or (council_id is not None and council_id in self.council_ids)
        )


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or machine behind a request or job. ``user_id`` is None for the public and the system."""

    user_id: UUID | None = None
    name: str = ""
    grants: tuple[Grant, ...] = ()
    system: bool = False
    session_id: UUID | None = field(default=None, compare=False)
    scopes: frozenset[Permission] | None = None
    """The most the credential allows, whatever the grants say; None for a person who has signed in."""

    @property
    def by_key(self) -> bool:
        """Whether a machine acts with a key of the user, rather than the user in person."""
        return self.scopes is not None

    def grants_for(self, permission: Permission) -> tuple[Grant, ...]:
        """The grants that carry the permission; none when the credential does not reach as far."""
        if self.scopes is not None and permission not in self.scopes:
            return ()
        return tuple(grant for grant in self.grants if grant.permits(permission))

    def scope(self, permission: Permission, *, levels: Iterable[Level] | None = None) -> Scope:
        """Where the permission holds, optionally counting only area grants at the given levels.

        An area grant counts for everything below it, so a province officer reads a commune's
        dossiers; an action tied to one level (a district's decision) passes that level.
        """
        if self.system:
            return Scope(everywhere=True)
        wanted = None if levels is None else frozenset(levels)
        held = self.grants_for(permission)
        if wanted is not None:
            held = tuple(g for g in held if g.level is None or g.level in wanted)
            if Level.CENTRAL not in wanted:
                held = tuple(g for g in held if g.bound is not Bound.EVERYWHERE or g.role is Role.ADMIN)
        return Scope(
            everywhere=any(g.bound is Bound.EVERYWHERE for g in held),
            place_ids=frozenset(g.place_id for g in held if g.place_id is not None),
            producer_ids=frozenset(g.producer_id for g in held if g.producer_id is not None),
            council_ids=frozenset(g.council_id for g in held if g.council_id is not None),
        )

    def may(self, permission: Permission) -> bool:
        """Whether the permission holds anywhere at all."""
        return not self.scope(permission).empty


PUBLIC = Actor()
"""Anyone without a credential."""

SYSTEM = Actor(name="system", system=True)
"""The system itself: jobs, seeding and command-line work."""
