"""What kinds about registered businesses share: columns of form and place, and reading them."""

import re
from collections.abc import Mapping
from typing import Any

from ocop_api.bulk.columns import Choice, Column, ColumnType
from ocop_api.bulk.findings import Finding, RowRejectedError
from ocop_api.bulk.placing import WrittenPlace
from ocop_api.bulk.written import units_of_address
from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.domain.vietnamese import fold

_STRUCTURE = re.compile(r"\s*\(\s*(34|63)\s*[-\s]?\s*tỉnh\s*\)\s*$", re.IGNORECASE)

FORMS = (
    Choice(ProducerForm.COMPANY, "Công ty", "Company", ("Công ty TNHH", "Công ty cổ phần", "Cty", "C.ty")),
    Choice(ProducerForm.COOPERATIVE, "Hợp tác xã", "Cooperative", ("HTX",)),
    Choice(
        ProducerForm.COOPERATIVE_UNION, "Liên hiệp hợp tác xã", "Union of cooperatives", ("Liên hiệp HTX",)
    ),
    Choice(ProducerForm.COOPERATIVE_GROUP, "Tổ hợp tác", "Cooperative group", ("THT",)),
    Choice(ProducerForm.ENTERPRISE, "Doanh nghiệp", "Enterprise", ("Doanh nghiệp tư nhân", "DNTN")),
    Choice(
        ProducerForm.SMALL_MEDIUM_ENTERPRISE,
        "Doanh nghiệp nhỏ và vừa",
        "Small or medium enterprise",
    ),
    Choice(ProducerForm.FARM, "Trang trại", "Farm"),
    Choice(
        ProducerForm.PRODUCTION_HOUSEHOLD,
        "Hộ sản xuất",
        "Production household",
        ("Hộ gia đình sản xuất", "Hộ sản xuất kinh doanh"),
    ),
    Choice(ProducerForm.FAMILY_BUSINESS, "Hộ kinh doanh", "Family business", ("Hộ gia đình", "HKD")),
    Choice(ProducerForm.ASSOCIATION, "Hội", "Association", ("Hiệp hội",)),
    Choice(ProducerForm.OPERATING_CENTRE, "Trung tâm", "Operating centre", ("Trung tâm điều hành",)),
    Choice(ProducerForm.EQUIVALENT_BODY, "Tổ chức tương đương", "Equivalent body"),
)
"""Legal forms (Decision 26/2026, Art. 2.3) as lists write them."""
_BY_WORDS = {fold(words): ProducerForm(choice.value) for choice in FORMS for words in choice.written}

PLACE_COLUMNS = (
    Column(
        name="commune",
        title_vi="Xã/phường",
        title_en="Commune",
        type=ColumnType.PLACE,
        synonyms=("xã", "phường", "xã, phường, thị trấn", "xã phường thị trấn", "mã xã"),
        example="Xã Đắk Mil",
        help_vi="Tên hoặc mã xã, phường, thị trấn; cũ hay mới đều được.",
        help_en="Name or code of the commune, of before or after July 2025.",
    ),
    Column(
        name="district",
        title_vi="Huyện (trước 07/2025)",
        title_en="District",
        type=ColumnType.PLACE,
        synonyms=("huyện", "quận/huyện", "huyện/thành phố", "huyện, thị xã, thành phố"),
        example="",
        help_vi="Chỉ ghi khi xã là đơn vị cũ, trước 01/07/2025.",
        help_en="Only with a commune of before July 2025.",
    ),
    Column(
        name="province",
        title_vi="Tỉnh",
        title_en="Province",
        type=ColumnType.PLACE,
        required=True,
        unless="address",
        synonyms=("tỉnh/thành phố", "tỉnh, thành phố", "tỉnh thành"),
        example="Lâm Đồng",
        help_vi="Tên tỉnh, cũ hay mới đều được.",
        help_en="Name of the province, of before or after July 2025.",
    ),
    Column(
        name="old_province_code",
        title_vi="Mã tỉnh cũ",
        title_en="Old province code",
        synonyms=("mã tỉnh (63 tỉnh)",),
        limit=64,
        help_vi="Mã tỉnh theo danh mục 63 tỉnh, nếu có.",
        help_en="Code of the province among the 63, if given.",
    ),
)


def written_place(values: Mapping[str, Any]) -> WrittenPlace:
    """The place of a row as it writes it: in cells of its own, or at the end of a whole address.

    Raises:
        RowRejectedError: ``bulk.required_missing`` for a row that names no province.
    """
    said = units_of_address(values.get("address") or "")
    typed = values["province"] or said.province
    if not typed:
        raise RowRejectedError(Finding("province", "bulk.required_missing"))
    marked = _STRUCTURE.search(typed)
    province = typed if marked is None else typed[: marked.start()]
    commune = values.get("commune") or ""
    code, district = values.get("old_province_code") or "", values.get("district") or ""
    if not commune and not district:
        commune, district = said.commune, said.district
    # Districts ended with the 63 provinces, so one of them dates the names beside it.
    structure = marked[1] if marked is not None else ("63" if code or district else None)
    return WrittenPlace(province.strip(), code, district, commune, structure)


def form_of_name(name: str) -> ProducerForm | None:
    """The legal form a business name begins with; the longest beginning decides."""
    folded = f"{fold(name)} "
    begun = [words for words in _BY_WORDS if folded.startswith(f"{words} ")]
    return _BY_WORDS[max(begun, key=len)] if begun else None
