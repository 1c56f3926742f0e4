"""Filling a database with what the system needs before its first user comes."""

from ocop_api.db.session import Database
from ocop_api.places.service import PlaceService
from ocop_api.settings import Settings


async def seed_reference(settings: Settings) -> None:
    """Bring the reference data to the state of this version; running it again changes nothing.

    The database must be migrated. Everything happens in one transaction.
    """
    database = Database(settings.database)
    try:
        async with database.transaction() as session:
            await PlaceService(session).load_reference()
    finally:
        await database.close()
