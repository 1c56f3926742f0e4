"""Slowing down those who guess, without locking out the one whose account it is.

Attempts are counted in leaky buckets: for the account and the client's network together, for the network,
and for the account. Each attempt is counted before its credential is looked at, in a transaction of its
own, and taken back when it was right; so a burst of parallel guesses is counted like a slow one.

- Account and network together: ten may fail, then the pause doubles up to a quarter of an hour. The owner
  elsewhere does not notice.
- Network: a hundred may fail, then every further one waits a little. An office behind one address gets by.
- Account: guesses from everywhere never stop its owner. They only leave a network that the account has
  never been opened from a single guess before it has to pause; known networks keep their ten.
- Second factor: whoever gets there knows the password, and six digits can be guessed by many machines
  together. There the account's own count makes unknown networks wait.

An unknown e-mail is counted in the same way, so a pause does not tell who has an account.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Float, case, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.sealing import key_for, keyed_digest
from ocop_api.db.session import Database
from ocop_api.db.tables.account_sign_in import KnownNetwork, SignInCounter
from ocop_api.domain.errors import TooManyAttempts
from ocop_api.settings import SecuritySettings

_KNOWN_FOR = timedelta(days=90)
_KEY_BYTES = 16


class Purpose(StrEnum):
    """What is being guessed; each has counters of its own."""

    PASSWORD = "password"  # noqa: S105 - a name
    SECOND_FACTOR = "second_factor"
    OIDC = "oidc"
    OIDC_START = "oidc_start"


@dataclass(frozen=True, slots=True)
class Rule:
    """A leaky bucket: how many attempts are free, and what each one beyond them costs.

    ``leak`` is the time in which one attempt is forgotten. The first attempt over ``free`` is followed by
    a pause of ``first``, each next one by twice as long, up to ``longest``.
    """

    free: int
    leak: timedelta
    first: timedelta
    longest: timedelta

    def pause_after(self, level: float) -> timedelta:
        """How long to wait after the attempt that brought the bucket to ``level``."""
        over = math.ceil(level - self.free)
        if over <= 0:
            return timedelta()
        return min(self.longest, self.first * (1 << min(over - 1, 20)))


PAIR = Rule(10, timedelta(minutes=10), timedelta(seconds=2), timedelta(minutes=15))
PAIR_UNDER_ATTACK = Rule(1, timedelta(minutes=10), timedelta(seconds=30), timedelta(minutes=15))
NETWORK = Rule(100, timedelta(seconds=10), timedelta(seconds=1), timedelta(minutes=1))
ACCOUNT = Rule(30, timedelta(minutes=1), timedelta(), timedelta())
SECOND_FACTOR_ACCOUNT = Rule(20, timedelta(minutes=30), timedelta(seconds=30), timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One counted attempt, to be taken back when it was right."""

    network_key: bytes
    account_key: bytes | None = None
    pair_key: bytes | None = None
    known_key: bytes | None = None


class Throttle:
    """Counts attempts from one network.

    ``database`` gives the transactions in which attempts are counted; they are over before anything slow
    begins. ``network`` is the client's network as text; it is stored as a keyed hash only.
    """

    def __init__(self, database: Database, security: SecuritySettings, network: str, now: datetime) -> None:
        self._database = database
        self._key = key_for(security, "sign-in-counters")
        self._network = network
        self._now = now

    async def count(self, purpose: Purpose, account: str | None = None) -> Attempt:
        """Count an attempt as failed before it is looked at.

        Args:
            purpose: what is being guessed.
            account: the folded e-mail, whether or not there is such an account; None while nobody is
                named yet, and then the network alone is counted.

        Raises:
            TooManyAttempts: ``accounts.too_many_attempts`` with ``retry_after`` in seconds. Attempts
                during a pause are not counted, so that waiting always helps.
        """
        attempt = self._attempt(purpose, account)
        async with self._database.transaction() as session:
            await self._count(session, purpose, attempt)
        return attempt

    async def succeeded(self, session: AsyncSession, attempt: Attempt) -> None:
        """Take a right attempt back, in the caller's transaction.

        The count of account and network together starts again. Of the other two only this attempt is
        taken back, or an attacker's own account would wash the network's count.
        """
        for key in (attempt.network_key, attempt.account_key):
            if key is not None:
                await session.execute(
                    update(SignInCounter)
                    .where(SignInCounter.key == key)
                    .values(level=func.greatest(SignInCounter.level - 1, 0), blocked_until=None)
                )
        if attempt.pair_key is not None:
            await session.execute(
                update(SignInCounter)
                .where(SignInCounter.key == attempt.pair_key)
                .values(level=0, blocked_until=None)
            )

    async def remember(self, session: AsyncSession, account: str) -> None:
        """Know the network for 90 days as one this account (folded e-mail) has been opened from."""
        until = self._now + _KNOWN_FOR
        known = insert(KnownNetwork).values(
            key=self._digest("known", account, self._network), expires_at=until
        )
        await session.execute(known.on_conflict_do_update(index_elements=["key"], set_={"expires_at": until}))

    def _attempt(self, purpose: Purpose, account: str | None) -> Attempt:
        network = self._digest(purpose, "network", self._network)
        if account is None:
            return Attempt(network)
        return Attempt(
            network_key=network,
            account_key=self._digest(purpose, "account", account),
            pair_key=self._digest(purpose, "pair", account, self._network),
            known_key=self._digest("known", account, self._network),
        )

    def _digest(self, *parts: str) -> bytes:
        return keyed_digest(self._key, *parts)[:_KEY_BYTES]

    async def _count(self, session: AsyncSession, purpose: Purpose, attempt: Attempt) -> None:
        # Always network, account, pair: two transactions that share rows take them in the same order.
        await self._fill(session, attempt.network_key, NETWORK)
        if attempt.account_key is None or attempt.pair_key is None:
            return
        known = await session.scalar(
            select(KnownNetwork.key).where(
                KnownNetwork.key == attempt.known_key, KnownNetwork.expires_at > self._now
            )
        )
        if purpose is Purpose.SECOND_FACTOR:
            # A known network is neither held up by the attack nor adds to it.
            if known is None:
                await self._fill(session, attempt.account_key, SECOND_FACTOR_ACCOUNT)
            await self._fill(session, attempt.pair_key, PAIR)
            return
        level = await self._fill(session, attempt.account_key, ACCOUNT)
        attacked = known is None and level > ACCOUNT.free
        await self._fill(session, attempt.pair_key, PAIR_UNDER_ATTACK if attacked else PAIR)

    async def _fill(self, session: AsyncSession, key: bytes, rule: Rule) -> float:
        """Add one to a bucket under its row lock; gives the level.

        Raises:
            TooManyAttempts: while a pause lasts.
        """
        leak = rule.leak.total_seconds()
        passed = cast(func.extract("epoch", self._now - SignInCounter.counted_at), Float)
        left = func.greatest(SignInCounter.level - func.greatest(passed, 0) / leak, 0)
        paused = SignInCounter.blocked_until > self._now
        counted = insert(SignInCounter).values(
            key=key, level=1.0, counted_at=self._now, blocked_until=None, expires_at=self._now + rule.leak
        )
        counted = counted.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "level": case((paused, SignInCounter.level), else_=left + 1),
                "counted_at": case((paused, SignInCounter.counted_at), else_=self._now),
            },
        )
        row = (
            await session.execute(counted.returning(SignInCounter.level, SignInCounter.blocked_until))
        ).one()
        if row.blocked_until is not None and row.blocked_until > self._now:
            seconds = math.ceil((row.blocked_until - self._now).total_seconds())
            raise TooManyAttempts("accounts.too_many_attempts", retry_after=seconds)
        level = float(row.level)
        pause = rule.pause_after(level)
        await session.execute(
            update(SignInCounter)
            .where(SignInCounter.key == key)
            .values(
                blocked_until=self._now + pause if pause else None,
                expires_at=self._now + max(rule.leak * level, pause),
            )
        )
        return level
