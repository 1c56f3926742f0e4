"""Administrative units of every structure of the country, and what became of them."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base


class PlaceUnit(Base):
    """One administrative unit (đơn vị hành chính) as it was during one period.

    Reference data: rows are written by ``PlaceService.load_reference`` only.
    """

    __tablename__ = "place"

    id: Mapped[str] = mapped_column(primary_key=True)
    """``<structure>:<code>``, because a code lives on with another extent: ``63:24611``, ``34:24611``."""
    structure: Mapped[str]
    code: Mapped[str] = mapped_column(index=True)
    level: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    """Official name with the kind: "Xã Đắk Gằn"."""
    full_name: Mapped[str]
    """The name followed by those of the units above, lowest first."""
    place_key: Mapped[str]
    """Where the spellings of the name meet, see ``ocop_api.domain.vietnamese.place_key``."""
    sort_key: Mapped[str] = mapped_column(Text(collation="C"))
    """Vietnamese alphabetical order of the name without its kind."""
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("place.id"))
    path: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Ids from the province down to the unit itself."""
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]

    __table_args__ = (
        CheckConstraint("level in ('province', 'district', 'commune')", name="level"),
        Index("ix_place__place_key", "place_key"),
        # Substrings for the search box and near misses for suggestions.
        Index(
            "ix_place__place_key_trigrams",
            "place_key",
            postgresql_using="gin",
            postgresql_ops={"place_key": "gin_trgm_ops"},
        ),
        Index("ix_place__path", "path", postgresql_using="gin"),
    )


class PlaceSuccession(Base):
    """A unit and one of the units it went to."""

    __tablename__ = "place_succession"

    old_id: Mapped[str] = mapped_column(ForeignKey("place.id"), primary_key=True)
    new_id: Mapped[str] = mapped_column(ForeignKey("place.id"), primary_key=True, index=True)
    extent: Mapped[str]
    """``whole`` when this is the only successor, ``part`` when the old unit was divided."""

    __table_args__ = (CheckConstraint("extent in ('whole', 'part')", name="extent"),)
