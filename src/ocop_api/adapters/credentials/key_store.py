"""Where the issuer's keys are kept: a file below the data folder, a file the settings name, or a setting."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from ocop_api.adapters.credentials.keys import (
    IssuerKey,
    KeyRing,
    KeyRingError,
    first_ring,
    new_seed,
    read_ring,
)
from ocop_api.settings import Settings


class KeyStore:
    """The issuer's keys of one installation. Every process of it must be given the same ones."""

    def __init__(self, settings: Settings) -> None:
        given = settings.credentials
        self._text = given.keys.get_secret_value()
        self.is_named = given.key_file is not None
        self.path = given.key_file or settings.data_dir / "keys" / "credentials.json"

    def load(self, now: datetime) -> KeyRing:
        """The ring as it stands.

        The ring of a first run is made below the data folder. A file that the settings name must be there:
        a secret that failed to mount must not be replaced by a new key without anybody noticing.

        Raises:
            KeyRingError: the named file is missing, or what was given is no ring.
        """
        if not self._text and not self.is_named:
            self._create(now)
        found = self.look()
        if found is None:
            raise KeyRingError(
                f"There are no issuer keys at {self.path}. Restore them from the backup, or make new ones "
                "with `ocop-api credentials keys rotate`."
            )
        return found

    def look(self) -> KeyRing | None:
        """The ring if there is one; nothing is made here.

        Raises:
            KeyRingError: what is there is no ring.
        """
        if self._text:
            return read_ring(self._text)
        try:
            return read_ring(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise KeyRingError(f"The issuer's keys at {self.path} cannot be read: {error}.") from error

    def rotate(self, now: datetime, *, seed: bytes | None = None, stolen: bool = False) -> KeyRing:
        """Let a new key sign, or the one of this seed; the one before it signs no more.

        Raises:
            KeyRingError: as ``load``; the keys stand in a setting; the key is on the ring already.
        """
        with self._held():
            if self._create(now, seed):
                return self.load(now)
            ring = self.load(now).followed_by(seed or new_seed(), now, stolen=stolen)
            self._replace(ring)
        return ring

    def add(self, key: IssuerKey, now: datetime) -> KeyRing:
        """Believe a key that signs no more, such as one of an earlier installation.

        Raises:
            KeyRingError: as ``rotate``.
        """
        with self._held():
            ring = self.load(now).joined_by(key)
            self._replace(ring)
        return ring

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Keep a second rotation waiting; a reader sees the file before or after, never between."""
        if self._text:
            raise KeyRingError("The issuer's keys stand in OCOP_CREDENTIALS_KEYS and are changed there.")
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.with_name(f".{self.path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _create(self, now: datetime, seed: bytes | None = None) -> bool:
        """Make the file unless there is one; True when this call made it. Of several that race, one wins."""
        if self.path.exists():
            return False
        ring = first_ring(now, seed)
        draft = self._draft(ring)
        try:
            # A link, unlike a rename, fails when the name is taken.
            self.path.hardlink_to(draft)
        except FileExistsError:
            return False
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
        return True

    def _replace(self, ring: KeyRing) -> None:
        self._draft(ring).replace(self.path)

    def _draft(self, ring: KeyRing) -> Path:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(ring.written().encode())
            file.flush()
            os.fsync(file.fileno())
        return draft
