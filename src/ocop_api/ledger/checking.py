"""Verifying the ledger of this installation, for the command line."""

from dataclasses import dataclass

from sqlalchemy import text

from ocop_api.db.session import Database
from ocop_api.ledger.heads import heads_file
from ocop_api.ledger.keys import LedgerKeyError, trusted_keys
from ocop_api.ledger.verifying import verify
from ocop_api.settings import Settings

_NEAREST = text("select max(seq) from ledger_checkpoint where seq <= :seq")


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """The outcome for a person; ``status`` is 0 intact, 1 not intact, 2 no key known to decide it."""

    status: int
    text: str

    @property
    def intact(self) -> bool:
        """Whether everything was checked and nothing found."""
        return self.status == 0


async def verify_ledger(settings: Settings, *, after: int = 0) -> LedgerCheck:
    """Recompute the chain and the tree, check the signatures and compare the heads kept outside.

    Args:
        settings: database, key file and storage of the installation.
        after: start at the last checkpoint at or before this place; 0 reads everything.
    """
    try:
        keys = trusted_keys(settings)
    except LedgerKeyError as error:
        return LedgerCheck(2, str(error))
    if not keys:
        return LedgerCheck(
            2, "No ledger key is known here: set OCOP_SECURITY_LEDGER_KEY_FILE or restore the key file."
        )
    database = Database(settings.database)
    try:
        start = 0
        if after:
            async with database.read() as session:
                start = (await session.execute(_NEAREST, {"seq": after})).scalar_one() or 0
        report = await verify(database, keys=keys, outside=heads_file(settings), after=start)
    finally:
        await database.close()
    return LedgerCheck(0 if report.ok else 1, report.text())
