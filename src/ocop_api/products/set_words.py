"""By which words people look for the products of a criteria set, besides the products' own names."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from ocop_api.domain.rubric.criteria import Text
from ocop_api.domain.rubric.edition import editions, load_edition
from ocop_api.domain.vietnamese import fold

# Everyday words in Vietnamese and English; the official names of Annex I of Decision 26/2026 are added.
_EVERYDAY: Final[Mapping[int, str]] = {
    1: "rau củ, rau củ quả, trái cây, hoa quả, rau sạch, trái cây tươi, fruit, fruits, vegetables, nuts",
    2: "thịt tươi, thủy sản, thuỷ sản, hải sản, trứng, sữa tươi, meat, fish, seafood, eggs, milk",
    3: "gạo, ngũ cốc, rice, cereals",
    4: "mật ong, mật hoa, honey",
    5: "đồ ăn nhanh, ăn liền, snack, snacks, fast food",
    6: "bún, miến, phở khô, bánh tráng, bánh gạo, noodles, rice paper",
    7: "trái cây sấy, hoa quả sấy, mứt, hạt rang, dried fruit, dried fruits, jam",
    8: "giò chả, nem chua, lạp xưởng, khô cá, thịt sấy, sausage, dried fish, dried meat, yogurt",
    9: "nước mắm, nước tương, xì dầu, tương ớt, fish sauce, soy sauce, sauce",
    10: "gia vị, hồ tiêu, hạt tiêu, muối, spice, spices, pepper, salt, seasoning",
    11: "chè, trà xanh, chè xanh, green tea, tea",
    12: "trà thảo mộc, trà thảo dược, trà túi lọc, herbal tea",
    13: "cà phê, cafe, cafê, ca cao, cacao, coffee, cocoa, chocolate, sô cô la",
    14: "rượu, rượu trắng, rượu gạo, liquor, rice wine",
    15: "rượu cần, rượu vang, bia, wine, beer",
    16: "nước khoáng, nước suối, nước đóng chai, mineral water, bottled water",
    17: "nước ép, nước giải khát, nước trái cây, juice, soft drink, beverages",
    18: "thực phẩm chức năng, thuốc, đông y, thuốc nam, supplements, traditional medicine",
    19: "mỹ phẩm, xà phòng, dầu gội, cosmetics, soap, shampoo",
    20: "tinh dầu, dược liệu, thảo dược, essential oil, essential oils, herbs",
    21: "thủ công mỹ nghệ, mỹ nghệ, gốm, mây tre, đan lát, handicraft, handicrafts, pottery, ceramics",
    22: "thổ cẩm, vải, may mặc, dệt, quần áo, brocade, fabric, textile, textiles, clothes",
    23: "hoa, hoa tươi, hoa lan, flower, flowers, orchid, orchids",
    24: "cây cảnh, bon sai, bonsai, ornamental plants",
    25: "cá cảnh, chim cảnh, động vật cảnh, ornamental fish",
    26: "du lịch, du lịch cộng đồng, du lịch sinh thái, homestay, tourism, ecotourism",
}
# Parts of official names that mean nothing alone.
_VAGUE: Final = frozenset({"muoi", "hanh", "toi", "tieu", "etc", "tra", "cu", "qua", "thit"})
LONGEST: Final = 5
"""Words in the longest phrase that is looked up."""


@cache
def sets_by_phrase() -> Mapping[str, frozenset[int]]:
    """Numbers of sets by folded phrase: ``{"ca phe": {13}, "coffee": {13}, …}``."""
    found: dict[str, set[int]] = {}
    for number, official in _official().items():
        names = (official.vi, official.en)
        parts = [part for text in (_EVERYDAY[number], *names) for part in text.split(",")]
        said = [*names, *parts]
        for phrase in map(fold, said):
            if phrase and phrase not in _VAGUE:
                found.setdefault(phrase, set()).add(number)
    return {phrase: frozenset(numbers) for phrase, numbers in found.items()}


@cache
def set_names() -> Mapping[int, Text]:
    """Official names of the 26 sets in Vietnamese and English, of the newest edition."""
    return dict(_official())


def _official() -> dict[int, Text]:
    # Sets are the same in every edition; the newest one is read.
    return {number: found.text for number, found in load_edition(editions()[-1].code).sets.items()}


def sets_beginning(typed: str, *, limit: int) -> list[int]:
    """Sets with a phrase that begins with the words typed, by number."""
    folded = fold(typed)
    if not folded:
        return []
    numbers = {n for phrase, sets in sets_by_phrase().items() if phrase.startswith(folded) for n in sets}
    return sorted(numbers)[:limit]
