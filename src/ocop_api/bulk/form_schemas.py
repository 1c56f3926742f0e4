"""Shapes of templates in the API."""

from pydantic import Field

from ocop_api.bulk.schemas import ImportKindRead
from ocop_api.web.schemas import Output


class TemplateRead(ImportKindRead):
    """A kind of import with the files to fill in."""

    may_import: bool = Field(description="the caller may import this kind, and so download its files")
    workbook_url: str = Field(examples=["/v1/imports/templates/products.xlsx"])
    csv_url: str = Field(examples=["/v1/imports/templates/products.csv"])


class TemplateList(Output):
    """The templates, in the order in which the kinds are offered."""

    items: list[TemplateRead]
