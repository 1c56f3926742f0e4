"""Accounts with their roles. No password stands in a file: each person sets an own one by reset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ocop_api.accounts.addresses import fold_email
from ocop_api.accounts.grants import GrantService
from ocop_api.accounts.passwords import passwords_for
from ocop_api.accounts.provisioning import account_with
from ocop_api.accounts.schemas import GrantCreate, UserDetail
from ocop_api.accounts.service import AccountService
from ocop_api.bulk.columns import Choice, Column, ColumnType
from ocop_api.bulk.findings import Finding, RowRejectedError
from ocop_api.bulk.kinds.kind import Batch, ImportKind, Prepared, ReadRow, RowOutcome, RowResult
from ocop_api.bulk.kinds.producer_reference import PRODUCER_COLUMNS, ProducerFinder, ProducerReference
from ocop_api.bulk.kinds.refusing import refused_at
from ocop_api.bulk.kinds.unit_reference import UNIT_COLUMNS, UnitFinder, UnitReference
from ocop_api.domain.actor import Bound, Permission, Role
from ocop_api.domain.errors import Forbidden, NotFound
from ocop_api.settings import SecuritySettings

_ROLES = (
    Choice(Role.OFFICER, "Cán bộ OCOP", "Officer", ("cán bộ", "chuyên viên")),
    Choice(Role.LEADER, "Lãnh đạo", "Leader", ("chủ tịch", "phó chủ tịch")),
    Choice(Role.INSPECTOR, "Thanh tra, kiểm tra", "Inspector", ("thanh tra", "kiểm tra")),
    Choice(Role.PRODUCER, "Chủ thể", "Producer", ("người của chủ thể",)),
    Choice(Role.ADMIN, "Quản trị", "Administrator", ("quản trị hệ thống", "admin")),
)
"""Roles of lists. Those of a council are given by its secretary, session by session."""
_AT = {"accounts.email_taken": "email", "accounts.unknown_target": "producer"}


@dataclass(frozen=True, slots=True)
class UserFacts:
    """An account and the one role a row wants it to hold."""

    email: str
    display_name: str
    role: Role | None
    unit: UnitReference
    producer: ProducerReference | None


class UserKind(ImportKind[UserFacts]):
    """Accounts (*tài khoản người dùng*)."""

    name = "users"
    title_vi = "Tài khoản người dùng"
    title_en = "User accounts"
    natural_key_vi = "Nhận biết bằng e-mail (không phân biệt chữ hoa); mỗi dòng thêm một vai trò."
    natural_key_en = "A row is recognised by e-mail in any case; each row may add one role."
    permission = Permission.USER_CREATE
    urls = {"user": "/v1/users/{id}"}  # noqa: RUF012 - never changed
    columns = (
        Column(
            name="email",
            title_vi="E-mail",
            title_en="E-mail",
            synonyms=("thư điện tử", "email đăng nhập"),
            type=ColumnType.EMAIL,
            required=True,
            limit=254,
            example="lan.nguyen@example.vn",
            help_vi="Dùng để đăng nhập và nhận thư đặt mật khẩu. Không ghi mật khẩu vào tệp.",
            help_en="To sign in with and to set a password by mail. Never write a password into the file.",
        ),
        Column(
            name="display_name",
            title_vi="Họ và tên",
            title_en="Full name",
            synonyms=("họ tên", "tên hiển thị"),
            required=True,
            example="Nguyễn Thị Lan",
            help_vi="Tên hiển thị của tài khoản.",
            help_en="Name shown for the account.",
        ),
        Column(
            name="role",
            title_vi="Vai trò",
            title_en="Role",
            type=ColumnType.CHOICE,
            choices=_ROLES,
            example="Cán bộ OCOP",
            help_vi="Bỏ trống thì chỉ tạo tài khoản. Vai trò trong hội đồng do thư ký hội đồng giao.",
            help_en="Empty: an account without a role. Roles in a council are given by its secretary.",
        ),
        *(
            Column(
                name=column.name,
                title_vi=column.title_vi,
                title_en=column.title_en,
                type=column.type,
                required=column.name == "province",
                synonyms=column.synonyms,
                example=column.example,
                help_vi=column.help_vi + " Vai trò có hiệu lực trong địa bàn này.",
                help_en=column.help_en + " The role holds in this area.",
            )
            for column in UNIT_COLUMNS
        ),
        *PRODUCER_COLUMNS,
    )

    def prepare(self, row: ReadRow, *, today: date) -> UserFacts:  # noqa: ARG002 - the same for all kinds
        """Who the row is about and what they shall be; a producer's person needs the producer."""
        values = row.values
        unit = UnitReference.of(row)
        if unit is None:
            raise RowRejectedError(Finding("province", "bulk.required_missing"))
        role = None if values.get("role") is None else Role(values["role"])
        producer = ProducerReference.of(row) if role is Role.PRODUCER else None
        if producer is None and (values.get("producer") or values.get("tax_code")):
            raise RowRejectedError(Finding("role", "bulk.role_without_producer"))
        return UserFacts(values["email"], values["display_name"], role, unit, producer)

    async def keys(self, batch: Batch[UserFacts]) -> list[Sequence[str]]:
        """E-mail with the role's bound, and the e-mail alone."""
        return [_keys(row.facts) for row in batch.rows]

    async def store(self, batch: Batch[UserFacts]) -> list[RowResult]:
        """Make the accounts and give the roles, each within the reach of who imports."""
        producers = ProducerFinder(batch, batch.actor.scope(Permission.GRANT_ASSIGN))
        await producers.find_all(row.facts.producer for row in batch.rows)
        units = UnitFinder(batch)
        await units.find_all(row.facts.unit for row in batch.rows)
        results: list[RowResult] = []
        named = set(batch.earlier)
        for row in batch.rows:
            # An account may be made before its role is refused, so a refusal takes back the whole call.
            results.append(await self._one(batch, producers, units, row, named))
            named.update(results[-1].keys)
        return results

    async def _one(
        self,
        batch: Batch[UserFacts],
        producers: ProducerFinder,
        units: UnitFinder,
        row: Prepared[UserFacts],
        named: set[str],
    ) -> RowResult:
        facts = row.facts
        keys = _keys(facts)
        place = units.one(facts.unit)
        producer = None if facts.producer is None else await producers.one(facts.producer)
        if keys[0] in batch.earlier:
            earlier = batch.earlier[keys[0]]
            told = Finding("email", "bulk.repeated_row", {"row": earlier.row_number})
            kept = dict.fromkeys(keys, earlier.subject_id)
            return RowResult(row.number, RowOutcome.UNCHANGED, (*row.remarks, told), keys=kept)
        accounts = AccountService(batch.session, batch.actor, batch.now)
        with refused_at(_AT, place=place.full_name):
            user, outcome = await self._account(batch, accounts, facts, place.id, named=keys[1] in named)
        bound = Bound.AREA if producer is None else Bound.PRODUCER
        target = place.id if producer is None else None
        producer_id = None if producer is None else producer.id
        held = any(
            (grant.role, grant.place_id, grant.producer_id) == (facts.role, target, producer_id)
            for grant in user.grants
        )
        if facts.role is not None and not held:
            wanted = GrantCreate(role=facts.role, bound=bound, place_id=target, producer_id=producer_id)
            try:
                with refused_at(_AT, place=place.full_name):
                    await GrantService(batch.session, batch.actor, batch.now).assign(user.id, wanted)
            except RowRejectedError as rejection:
                if not isinstance(rejection.__cause__, Forbidden):
                    raise
                data = {"role": facts.role, "place": place.full_name}
                raise RowRejectedError(Finding("role", "bulk.role_beyond_yours", data)) from rejection
            outcome = RowOutcome.UPDATED if outcome is RowOutcome.UNCHANGED else outcome
        return RowResult(row.number, outcome, row.remarks, {"user": user.id}, dict.fromkeys(keys, user.id))

    async def _account(
        self,
        batch: Batch[UserFacts],
        accounts: AccountService,
        facts: UserFacts,
        place_id: str,
        *,
        named: bool,
    ) -> tuple[UserDetail, RowOutcome]:
        known = await account_with(batch.session, facts.email)
        if known is None:
            hashed = await passwords_for(SecuritySettings()).hash(None)
            made = await accounts.create(
                email=facts.email, display_name=facts.display_name, password_hash=hashed, place_id=place_id
            )
            return await accounts.get(made.id), RowOutcome.CREATED
        user = await self._visible(accounts, known)
        # The first row of an address gives the name, or two spellings would replace each other in turn.
        if named or user.display_name == facts.display_name:
            return user, RowOutcome.UNCHANGED
        changed = await accounts.change(
            known, display_name=facts.display_name, disabled=None, check_version=_any_version
        )
        return changed, RowOutcome.UPDATED

    async def _visible(self, accounts: AccountService, known: UUID) -> UserDetail:
        try:
            return await accounts.get(known)
        except NotFound as error:
            # That the address is in use is all that may be told of an account outside of the own area.
            raise RowRejectedError(Finding("email", "accounts.email_taken")) from error


def _keys(facts: UserFacts) -> list[str]:
    email = fold_email(facts.email)
    return [f"{email}|{facts.role}|{facts.unit}|{facts.producer}", f"email|{email}"]


def _any_version(stored: int) -> None:
    """A list knows no versions; what it says goes over what stands."""
    del stored
