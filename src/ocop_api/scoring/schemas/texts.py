"""Wordings and statements as the API gives them, and as records keep them."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from pydantic import Field

from ocop_api.domain.rubric.criteria import Language, Text
from ocop_api.domain.rubric.statements import Statement
from ocop_api.web.schemas import Output


class TextRead(Output):
    """A wording in both languages."""

    vi: str = Field(examples=["Câu chuyện về sản phẩm"])
    en: str = Field(examples=["Product story"])


class StatementRead(Output):
    """One step of an explanation, as a sentence and as the data behind it."""

    code: str = Field(description="stable name of the step", examples=["star_lowered"])
    sentence: str = Field(
        description="in the answer's language",
        examples=["Điểm thuộc khung 5 sao nhưng còn mức tối thiểu chưa đạt, nên kết quả là 4 sao."],
    )
    data: dict[str, Any] = Field(
        description="numbers of points as decimal strings", examples=[{"band_star": 5, "star": 4}]
    )


class StatementRecord(Output):
    """One step of an explanation as a record keeps it: wording that later versions cannot change."""

    code: str
    vi: str
    en: str
    data: dict[str, Any]

    def read(self, language: Language) -> StatementRead:
        """The step in one language."""
        return StatementRead(
            code=self.code, sentence=self.vi if language == "vi" else self.en, data=self.data
        )


def recorded(statements: Iterable[Statement]) -> list[StatementRecord]:
    """An explanation as a record keeps it."""
    return [
        StatementRecord(
            code=step.code,
            vi=step.sentence("vi"),
            en=step.sentence("en"),
            data={name: plain(value) for name, value in step.data.items()},
        )
        for step in statements
    ]


def told(records: Iterable[StatementRecord], language: Language) -> list[StatementRead]:
    """A recorded explanation in one language."""
    return [record.read(language) for record in records]


def plain(value: object) -> Any:
    """A statement's datum as JSON: points as decimal strings, wordings in both languages."""
    if isinstance(value, Text):
        return {"vi": value.vi, "en": value.en}
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return value
