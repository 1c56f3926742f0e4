"""Bringing a database to the schema of this version."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def _scripts() -> Path:
    # Installed, the migrations travel inside the package; in a checkout they lie beside src/.
    packaged = Path(str(files("ocop_api").joinpath("_migrations")))
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "migrations"


def configuration(url: str) -> Config:
    """Alembic's configuration for one database; ``url`` is ``postgresql+asyncpg://…``."""
    config = Config()
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    config.attributes["url"] = url
    return config


@cache
def head_revision() -> str:
    """The newest revision this version knows; read once, since the scripts do not change under us."""
    head = ScriptDirectory.from_config(configuration("")).get_current_head()
    if head is None:
        raise RuntimeError("no migrations found")
    return head


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate up. Must be called outside of a running event loop."""
    command.upgrade(configuration(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Migrate down. Must be called outside of a running event loop."""
    command.downgrade(configuration(url), revision)
