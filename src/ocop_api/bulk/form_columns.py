"""The columns of a kind as a workbook shows them: headings, drop-downs, checks and what is said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from ocop_api.adapters.spreadsheet.workbook import CellKind, ChoiceList, TableColumn
from ocop_api.bulk.columns import Column, ColumnType
from ocop_api.domain.rubric.edition import editions, load_edition
from ocop_api.web.texts import Language

SHEET: Final = {"vi": "Dữ liệu", "en": "Data"}
LIST_SHEET: Final = {"vi": "Danh mục", "en": "Lists"}

_KINDS: Final = {
    ColumnType.INTEGER: CellKind.WHOLE,
    ColumnType.MONEY: CellKind.WHOLE,
    ColumnType.DECIMAL: CellKind.DECIMAL,
    ColumnType.DATE: CellKind.DATE,
}
_WIDTHS: Final = {
    ColumnType.DATE: 14,
    ColumnType.STARS: 10,
    ColumnType.BOOLEAN: 12,
    ColumnType.INTEGER: 12,
    ColumnType.DECIMAL: 12,
    ColumnType.MONEY: 14,
    ColumnType.GTIN: 18,
    ColumnType.PHONE: 16,
    ColumnType.TAX_CODE: 18,
    ColumnType.URL: 38,
    ColumnType.EMAIL: 28,
}
_LENGTHS: Final = {ColumnType.GTIN: (8, 14), ColumnType.TAX_CODE: (10, 14), ColumnType.PHONE: (8, 16)}
_YES_NO: Final = {"vi": ("Có", "Không"), "en": ("Yes", "No")}
_PROVINCE, _COMMUNE = "province", "commune"

_FORMATS: Final[Mapping[ColumnType, tuple[str, str]]] = {
    ColumnType.TEXT: ("Văn bản", "Text"),
    ColumnType.INTEGER: ("Số nguyên, không âm", "Whole number, not negative"),
    ColumnType.DECIMAL: ("Số, có thể có phần thập phân", "Number, decimals allowed"),
    ColumnType.MONEY: ("Số đồng nguyên, gõ liền: 85000", "Whole đồng, typed without separators: 85000"),
    ColumnType.DATE: ("ngày/tháng/năm, đủ số: 05/01/2026", "day/month/year with all digits: 05/01/2026"),
    ColumnType.BOOLEAN: ("Có hoặc Không", "Yes or No"),
    ColumnType.CHOICE: ("Chọn trong danh sách", "Choose from the list"),
    ColumnType.GTIN: ("8 đến 14 chữ số, giữ số 0 ở đầu", "8 to 14 digits, zeros in front kept"),
    ColumnType.PLACE: (
        "Chọn trong danh sách hoặc ghi tên đầy đủ",
        "Choose from the list or write the full name",
    ),
    ColumnType.PHONE: ("Số điện thoại, giữ số 0 ở đầu", "Telephone number with its leading zero"),
    ColumnType.TAX_CODE: ("10 số, 10-3 số hoặc 12 số", "10 digits, 10-3, or 12"),
    ColumnType.EMAIL: ("Địa chỉ e-mail", "E-mail address"),
    ColumnType.URL: ("Đường dẫn bắt đầu bằng https://", "Address that starts with https://"),
    ColumnType.SET_NUMBER: ("Chọn bộ tiêu chí trong danh sách", "Choose the criteria set from the list"),
    ColumnType.STARS: ("3, 4 hoặc 5", "3, 4 or 5"),
}


@dataclass(frozen=True, slots=True)
class PlaceLists:
    """Names of today's provinces, and of communes with the province each lies in, in its order."""

    provinces: Sequence[str]
    communes: Sequence[str]
    provinces_of_communes: Sequence[str]


def title_of(column: Column, language: Language) -> str:
    """The heading in a language."""
    return column.title_vi if language == "vi" else column.title_en


def format_of(column: Column) -> tuple[str, str]:
    """How a cell is written, in Vietnamese and English."""
    return _FORMATS[ColumnType.CHOICE if column.choices else column.type]


def lists_of(columns: Sequence[Column], places: PlaceLists, language: Language) -> dict[str, ChoiceList]:
    """The lists the columns offer, by column name; a long list stands on a sheet of its own."""
    names = {column.name for column in columns}
    found: dict[str, ChoiceList] = {}
    for column in columns:
        values = _values(column, language)
        if values:
            found[column.name] = ChoiceList(values)
    if _PROVINCE in names and places.provinces:
        found[_PROVINCE] = ChoiceList(places.provinces)
    if _COMMUNE in names and places.communes:
        several = len(set(places.provinces_of_communes)) > 1
        within = several and _PROVINCE in names
        found[_COMMUNE] = ChoiceList(places.communes, places.provinces_of_communes if within else ())
    return found


def _values(column: Column, language: Language) -> Sequence[str]:
    if column.choices:
        return [choice.title_vi if language == "vi" else choice.title_en for choice in column.choices]
    if column.type is ColumnType.STARS:
        return ("3", "4", "5")
    if column.type is ColumnType.BOOLEAN:
        return _YES_NO[language]
    return _sets(language) if column.type is ColumnType.SET_NUMBER else ()


@cache
def _sets(language: Language) -> tuple[str, ...]:
    sets = load_edition(editions()[-1].code).sets
    return tuple(found.text.vi if language == "vi" else found.text.en for found in sets.values())


def table_columns(
    columns: Sequence[Column], lists: Mapping[str, ChoiceList], language: Language
) -> list[TableColumn]:
    """The columns as the workbook's table has them; headings are those the importer knows."""
    places = {column.name: index for index, column in enumerate(columns)}
    return [_table_column(column, lists, language, places.get(_PROVINCE)) for column in columns]


def _table_column(
    column: Column, lists: Mapping[str, ChoiceList], language: Language, province: int | None
) -> TableColumn:
    offered = lists.get(column.name)
    index = 0 if language == "vi" else 1
    help_text = (column.help_vi, column.help_en)[index]
    needed = (("Bắt buộc. ", "Không bắt buộc. "), ("Required. ", "Optional. "))[index][not column.required]
    refusal = ("Giá trị không đúng dạng: ", "Not of the expected form: ")[index] + format_of(column)[index]
    other = (column.title_en, column.title_vi)[index]
    title = title_of(column, language)
    prompt = needed + help_text
    if column.type is ColumnType.MONEY:
        prompt += " " + format_of(column)[index] + "."
    return TableColumn(
        title=f"{title} *" if column.required else title,
        kind=CellKind.TEXT if offered else _KINDS.get(column.type, CellKind.TEXT),
        width=max(_WIDTHS.get(column.type, 24), min(len(title) + 3, 30)),
        required=column.required,
        choices=column.name if offered else None,
        within=province if offered is not None and offered.parents else None,
        # Names of places until June 2025 are understood though no list offers them.
        strict=column.type is not ColumnType.PLACE and column.type is not ColumnType.DATE,
        lengths=_LENGTHS.get(column.type),
        note=f"{needed}{help_text}\n{other} [{column.name}]",
        prompt=prompt,
        refusal=refusal,
    )
