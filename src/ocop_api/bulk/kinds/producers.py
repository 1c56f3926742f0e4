"""The register of producers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from ocop_api.bulk.columns import Choice, Column, ColumnType
from ocop_api.bulk.findings import Finding, RowRejectedError
from ocop_api.bulk.kinds.kind import Batch, ImportKind, Prepared, ReadRow, RowOutcome, RowResult
from ocop_api.bulk.kinds.registrant import FORMS, PLACE_COLUMNS, form_of_name, written_place
from ocop_api.bulk.placing import FoundPlace, WrittenPlace, found_places
from ocop_api.domain.actor import Permission, Scope
from ocop_api.domain.errors import DomainError, Forbidden
from ocop_api.domain.registration import CooperativeClass
from ocop_api.domain.vietnamese import fold
from ocop_api.producers.policy import province_of
from ocop_api.producers.schemas import Outcome, ProducerCreate
from ocop_api.producers.service import ProducerService

_AT = {
    "producers.tax_code_taken": "tax_code",
    "producers.tax_code_invalid": "tax_code",
    "producers.name_without_letters": "producer",
    "producers.ambiguous": "producer",
}
_CLASSES = {"good": "Tốt", "fair": "Khá", "average": "Trung bình", "weak": "Yếu"}


def _count(name: str, title_vi: str, title_en: str, *synonyms: str) -> Column:
    return Column(
        name=name,
        title_vi=title_vi,
        title_en=title_en,
        type=ColumnType.INTEGER,
        synonyms=synonyms,
        minimum=0,
        maximum=1_000_000,
        example="12",
    )


def _flag(name: str, title_vi: str, title_en: str, *synonyms: str) -> Column:
    return Column(
        name=name,
        title_vi=title_vi,
        title_en=title_en,
        type=ColumnType.BOOLEAN,
        synonyms=synonyms,
        example="x",
        help_vi="Ghi x hoặc có; không thì ghi không.",
        help_en="x or yes, else no.",
    )


_PRIVATE = (
    Column(
        name="tax_code",
        title_vi="Mã số thuế",
        title_en="Tax code",
        type=ColumnType.TAX_CODE,
        limit=20,
        synonyms=("mst", "mã số thuế/mã số doanh nghiệp", "mã số doanh nghiệp"),
        example="6400123455",
        help_vi="10 số, 10-3 số của chi nhánh, hoặc 12 số của cá nhân. Định dạng ô là văn bản.",
        help_en="10 digits, 10-3 of a branch, or 12 of a person. Format the cells as text.",
    ),
    Column(
        name="registration_number",
        title_vi="Số đăng ký kinh doanh",
        title_en="Registration number",
        limit=64,
        synonyms=("số đkkd", "giấy chứng nhận đăng ký kinh doanh"),
    ),
    Column(
        name="registered_on",
        title_vi="Ngày đăng ký kinh doanh",
        title_en="Registered on",
        type=ColumnType.DATE,
        synonyms=("ngày cấp đkkd", "ngày cấp"),
        example="20/05/2019",
    ),
    Column(
        name="registration_issuer",
        title_vi="Cơ quan cấp đăng ký",
        title_en="Registration issuer",
        synonyms=("nơi cấp", "nơi cấp đkkd"),
        example="Sở Tài chính tỉnh Lâm Đồng",
    ),
    Column(
        name="cooperative_class",
        title_vi="Xếp loại hợp tác xã",
        title_en="Cooperative class",
        type=ColumnType.CHOICE,
        choices=tuple(
            Choice(grade.value, _CLASSES.get(grade.value, grade.value), grade.value)
            for grade in CooperativeClass
        ),
        synonyms=("xếp loại htx",),
    ),
    Column(
        name="cooperative_class_year",
        title_vi="Năm xếp loại",
        title_en="Year of the class",
        type=ColumnType.INTEGER,
        minimum=1990,
        maximum=2100,
    ),
    Column(
        name="representative_name",
        title_vi="Người đại diện",
        title_en="Representative",
        synonyms=("họ tên người đại diện", "người đại diện theo pháp luật", "giám đốc", "chủ hộ"),
        example="Nguyễn Thị Hoa",
    ),
    Column(
        name="representative_position",
        title_vi="Chức vụ",
        title_en="Representative's position",
        synonyms=("chức danh",),
        example="Giám đốc",
    ),
    _flag("representative_is_woman", "Đại diện là nữ", "Representative is a woman", "nữ", "chủ thể là nữ"),
    _flag(
        "representative_is_ethnic_minority",
        "Đại diện là người dân tộc thiểu số",
        "Representative is of an ethnic minority",
        "dân tộc thiểu số",
        "người dtts",
    ),
    _flag(
        "representative_has_disability",
        "Đại diện là người khuyết tật",
        "Representative has a disability",
        "người khuyết tật",
    ),
    Column(
        name="phone",
        title_vi="Điện thoại",
        title_en="Phone",
        type=ColumnType.PHONE,
        limit=40,
        synonyms=("số điện thoại", "sđt", "đt", "điện thoại liên hệ"),
        example="0912 345 678",
    ),
    Column(
        name="email",
        title_vi="Thư điện tử",
        title_en="E-mail",
        type=ColumnType.EMAIL,
        limit=254,
        synonyms=("email", "hộp thư"),
        example="lienhe@example.vn",
    ),
    _count("member_count", "Số thành viên", "Members", "thành viên", "số xã viên"),
    _count("members_women", "Thành viên nữ", "Women among members"),
    _count("members_ethnic_minority", "Thành viên dân tộc thiểu số", "Ethnic minority members"),
    _count("members_poor_households", "Thành viên hộ nghèo", "Members of poor households"),
    _count("labour_count", "Số lao động", "Labour", "lao động", "tổng số lao động"),
    _count("labour_in_commune", "Lao động trong xã", "Labour of the commune", "lao động tại xã"),
    _count("labour_in_province", "Lao động trong tỉnh", "Labour of the province"),
    _count("labour_women", "Lao động nữ", "Women among labour"),
    _count("labour_ethnic_minority", "Lao động dân tộc thiểu số", "Ethnic minority labour"),
    _count("labour_disabled", "Lao động khuyết tật", "Labour with a disability"),
    Column(name="source", title_vi="Nguồn", title_en="Source", limit=10_000, synonyms=("nguồn dữ liệu",)),
    Column(name="notes", title_vi="Ghi chú", title_en="Notes", limit=10_000),
)
_PUBLIC = (
    Column(
        name="producer",
        title_vi="Tên chủ thể",
        title_en="Producer",
        required=True,
        synonyms=("name", "chủ thể", "tên", "tên đơn vị", "tên cơ sở", "tên htx", "tên doanh nghiệp"),
        example="Hợp tác xã Nông nghiệp Đắk Wil",
        help_vi="Tên như trong giấy đăng ký.",
        help_en="Name as registered.",
    ),
    Column(
        name="producer_type",
        title_vi="Loại hình chủ thể",
        title_en="Producer's legal form",
        type=ColumnType.CHOICE,
        choices=FORMS,
        synonyms=("legal_form", "loại hình", "loại hình tổ chức"),
        example="Hợp tác xã",
        help_vi="Có thể bỏ trống khi tên chủ thể bắt đầu bằng loại hình.",
        help_en="May be empty when the name begins with it.",
    ),
    *PLACE_COLUMNS,
    Column(
        name="address",
        title_vi="Địa chỉ",
        title_en="Address",
        synonyms=("thôn/bon/tổ dân phố", "địa chỉ sản xuất"),
        example="Thôn 3, xã Đắk Wil",
    ),
    Column(
        name="established_on",
        title_vi="Ngày thành lập",
        title_en="Established on",
        type=ColumnType.DATE,
        example="01/03/2015",
    ),
    Column(
        name="website",
        title_vi="Trang web",
        title_en="Website",
        type=ColumnType.URL,
        limit=500,
        synonyms=("web",),
        example="https://htxdakwil.example.vn",
    ),
)


@dataclass(frozen=True, slots=True)
class ProducerRow:
    """A readable row: the place as written, and the body but for its place."""

    name: str
    tax_code: str | None
    place: WrittenPlace
    body: ProducerCreate


class ProducerKind(ImportKind[ProducerRow]):
    """Producers (*chủ thể OCOP*), one per row."""

    name = "producers"
    title_vi = "Chủ thể OCOP"
    title_en = "OCOP producers"
    natural_key_vi = "Nhận biết bằng mã số thuế, nếu không có thì bằng tên trong tỉnh."
    natural_key_en = "A row is recognised by the tax code, else by the name within the province."
    urls = {"producer": "/v1/producers/{id}"}  # noqa: RUF012 - never changed
    columns = (*_PUBLIC, *_PRIVATE)

    def prepare(self, row: ReadRow, *, today: date) -> ProducerRow:
        """The producer a row describes.

        Raises:
            RowRejectedError: ``bulk.producer_type_missing``, or values that do not fit together.
        """
        del today
        values = row.values
        form = values["producer_type"] or form_of_name(values["producer"])
        if form is None:
            data = {"producer": values["producer"]}
            raise RowRejectedError(Finding("producer_type", "bulk.producer_type_missing", data))
        if not fold(values["producer"]):
            data = {"name": values["producer"]}
            raise RowRejectedError(Finding("producer", "producers.name_without_letters", data))
        given = {column.name: values[column.name] for column in _PRIVATE}
        public = {name: values[name] for name in ("address", "established_on", "website")}
        try:
            body = ProducerCreate.model_validate(
                {
                    "legal_form": form,
                    "name": values["producer"],
                    **_known(public),
                    "private": _known(given),
                }
            )
        except DomainError as error:
            raise RowRejectedError(_refusal(error)) from error
        except ValidationError as error:
            raise RowRejectedError(
                *(_misfit(fault["loc"], fault["input"]) for fault in error.errors())
            ) from None
        return ProducerRow(values["producer"], body.private.tax_code, written_place(values), body)

    async def keys(self, batch: Batch[ProducerRow]) -> list[Sequence[str]]:
        """Tax code, else the name within the province."""
        places = await _places(batch)
        return [(_key(row.facts, places[row.facts.place]),) for row in batch.rows]

    async def store(self, batch: Batch[ProducerRow]) -> list[RowResult]:
        """All producers in one call."""
        places = await _places(batch)
        scope = batch.actor.scope(Permission.IMPORT_RUN)
        results: dict[int, RowResult] = {}
        asked: list[tuple[Prepared[ProducerRow], list[Finding], ProducerCreate]] = []
        for row in batch.rows:
            found = places[row.facts.place]
            reasons = _obstacles(found, scope)
            if found.place is None or reasons:
                results[row.number] = RowResult(row.number, RowOutcome.REJECTED, tuple(reasons))
                continue
            remarks = [*row.remarks, *found.findings]
            earlier = batch.earlier.get(_key(row.facts, found))
            if earlier is not None:
                data = {"row": earlier.row_number}
                remarks.append(Finding("producer", "bulk.repeated_row", data))
                results[row.number] = RowResult(row.number, RowOutcome.UNCHANGED, tuple(remarks))
                continue
            asked.append((row, remarks, row.facts.body.model_copy(update={"place_id": found.place.id})))
        bodies = [body for _, _, body in asked]
        answers = await ProducerService(batch.session, batch.actor, batch.now).upsert_many(bodies)
        for (row, remarks, _), answer in zip(asked, answers, strict=True):
            if isinstance(answer, DomainError):
                results[row.number] = RowResult(row.number, RowOutcome.REJECTED, (_refusal(answer),))
                continue
            producer, outcome = answer
            results[row.number] = RowResult(
                row.number,
                RowOutcome(Outcome(outcome).value),
                tuple(remarks),
                {"producer": producer.id},
                {_key(row.facts, places[row.facts.place]): producer.id},
            )
        return [results[row.number] for row in batch.rows]


async def _places(batch: Batch[ProducerRow]) -> Mapping[WrittenPlace, FoundPlace]:
    written = [row.facts.place for row in batch.rows]
    return await found_places(batch.session, batch.today, batch.memory, written)


def _key(facts: ProducerRow, found: FoundPlace) -> str:
    if facts.tax_code is not None:
        return f"tax|{facts.tax_code}"
    return f"{province_of(found.area_path)}|{fold(facts.name)}"


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _obstacles(found: FoundPlace, scope: Scope) -> list[Finding]:
    if found.place is None:
        return list(found.findings)
    if not scope.covers(area_path=found.area_path):
        return [Finding("province", "bulk.outside_your_area", {"place": found.place.full_name})]
    return []


def _misfit(loc: Sequence[int | str], value: Any) -> Finding:
    name = str(loc[-1]) if loc else None
    return Finding("producer" if name == "name" else name, "bulk.value_invalid", {"value": str(value)[:60]})


def _refusal(error: DomainError) -> Finding:
    if isinstance(error, Forbidden):
        return Finding(None, "bulk.outside_your_area", {"place": "—"})
    # A part of members or labour that exceeds its whole is named as its column is.
    part = error.data.get("part")
    return Finding(part if isinstance(part, str) else _AT.get(error.code), error.code, error.data)
