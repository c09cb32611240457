"""What the gateway remembers: who is logged in, which tokens and links count, the password's hash.

An SQLite file that `catalyst token` and `catalyst password` write too, while the gateway runs or not. Every secret in it
is a hash: whoever reads the file can log in with nothing of it. It is opened before the gateway gives up root, and used
through the descriptors of that moment: write-ahead logging makes no further file (sqlite.org/wal.html), so the file can
belong to root and be closed to everybody else.
"""

import hashlib
import os
import secrets
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

from catalyst.guard.record import Record

NAME = "gateway.db"
LINK_LIFE = 3600.0  # s a login link counts
TOUCH = 60.0  # s; how late "last used" may be
PREFIX = "catalyst_"  # of a token, so that secret scanners can know one
TABLES = """
CREATE TABLE IF NOT EXISTS password (id INTEGER PRIMARY KEY CHECK (id = 1), hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (hash BLOB PRIMARY KEY, created REAL NOT NULL, used REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (hash BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, created REAL NOT NULL,
                                   used REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS links (hash BLOB PRIMARY KEY, expires REAL NOT NULL) WITHOUT ROWID;
"""


Soon: TypeAlias = "Callable[[Callable[[], None]], object]"


class Token(Record):
    """A bearer token without its secret; times in seconds since 1970, `used` is None before its first use."""

    name: str
    created: float
    used: float | None


class Lives(Record):
    """How long a session lasts in seconds: without a request, and in all."""

    idle: float
    absolute: float


def digest(secret: str) -> bytes:
    """What is stored of a secret of 256 random bits; a slow hash would add nothing (OWASP, Session Management)."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


class State:
    """One connection, for one thread."""

    def __init__(self, folder: Path) -> None:
        """Open or make the file in `folder`. Raises OSError or sqlite3.Error."""
        file = folder / NAME
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))  # SQLite would make it 0644
        self._rows = sqlite3.connect(file, timeout=5.0, isolation_level=None, check_same_thread=False)
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.execute("PRAGMA synchronous = NORMAL")
        self._rows.execute("PRAGMA temp_store = MEMORY")
        self._rows.executescript(TABLES)
        self._rows.execute("UPDATE password SET hash = hash")  # a write, so that every file it needs is open by now
        self._held: dict[bytes, tuple[float, float]] = {}  # sessions and tokens: when made, when used
        self._version, self._sure = -1, False
        self._soon: Soon | None = None

    def close(self) -> None:
        """Give the file back."""
        self._rows.close()

    # What was read is remembered until somebody writes, here or in another process

    def ask_once_a_turn(self, soon: Soon) -> None:
        """`soon` is the event loop's call_soon: whether another process has written is asked once in each of its turns."""
        self._soon = soon

    def _remembered(self) -> dict[bytes, tuple[float, float]]:
        if not self._sure:
            # It changes with every commit of another connection, and of no other (sqlite.org/pragma.html).
            version = int(self._rows.execute("PRAGMA data_version").fetchone()[0])
            if version != self._version:
                self._version = version
                self._held.clear()
            if self._soon:
                self._sure = True
                self._soon(self._doubt)
        return self._held

    def _doubt(self) -> None:
        self._sure = False

    def _look(self, query: str, hashed: bytes) -> tuple[float, float] | None:
        """The row, times of creation and last use. Only what is there is remembered: nobody can fill this by asking."""
        held = self._remembered()
        found = held.get(hashed)
        if found is None:
            row = self._rows.execute(query, (hashed,)).fetchone()
            if row is not None:
                found = held[hashed] = (float(row[0]), float(row[1] or 0.0))
        return found

    # Sessions

    def open_session(self) -> str:
        """A new session's secret id."""
        secret, now = secrets.token_urlsafe(32), time.time()
        self._rows.execute("INSERT INTO sessions VALUES (?, ?, ?)", (digest(secret), now, now))
        return secret

    def holds_session(self, hashed: bytes, lives: Lives) -> bool:
        """Whether it is known and neither too old nor unused for too long. One that is not any more is removed."""
        row = self._look("SELECT created, used FROM sessions WHERE hash = ?", hashed)
        if row is None:
            return False
        now = time.time()
        if now - row[0] > lives.absolute or now - row[1] > lives.idle:
            self.close_session(hashed)
            return False
        return True

    def touch_session(self, hashed: bytes) -> None:
        """It was used just now."""
        now, known = time.time(), self._remembered().pop(hashed, None)
        if known and now - known[1] <= TOUCH:
            self._held[hashed] = known
        else:
            self._rows.execute("UPDATE sessions SET used = ? WHERE hash = ? AND used < ?", (now, hashed, now - TOUCH))

    def close_session(self, hashed: bytes) -> None:
        """It counts no more."""
        self._rows.execute("DELETE FROM sessions WHERE hash = ?", (hashed,))
        self._held.pop(hashed, None)

    def forget_old_sessions(self, lives: Lives) -> None:
        """Remove those nobody came back for."""
        now = time.time()
        self._rows.execute("DELETE FROM sessions WHERE created < ? OR used < ?", (now - lives.absolute, now - lives.idle))
        self._held.clear()

    def sessions(self) -> int:
        """How many there are."""
        return int(self._rows.execute("SELECT count(*) FROM sessions").fetchone()[0])

    # Login links

    def make_link(self, *, only: bool = False) -> str:
        """A secret that logs in once, within LINK_LIFE. `only`: earlier ones count no more."""
        secret = secrets.token_urlsafe(32)
        self._rows.execute("DELETE FROM links WHERE expires < ? OR ?", (time.time(), only))
        self._rows.execute("INSERT INTO links VALUES (?, ?)", (digest(secret), time.time() + LINK_LIFE))
        return secret

    def spend_link(self, secret: str) -> bool:
        """Whether it counted; it does no more."""
        spent = self._rows.execute("DELETE FROM links WHERE hash = ? AND expires > ?", (digest(secret), time.time()))
        return spent.rowcount == 1

    # Bearer tokens

    def make_token(self, name: str) -> str | None:
        """A new token's secret; None where the name is taken."""
        secret = PREFIX + secrets.token_urlsafe(32)
        made = self._rows.execute("INSERT OR IGNORE INTO tokens VALUES (?, ?, ?, NULL)", (digest(secret), name, time.time()))
        return secret if made.rowcount == 1 else None

    def holds_token(self, hashed: bytes) -> bool:
        """Whether it is one."""
        row = self._look("SELECT created, used FROM tokens WHERE hash = ?", hashed)
        if row is not None and time.time() - row[1] > TOUCH:
            self._rows.execute("UPDATE tokens SET used = ? WHERE hash = ?", (time.time(), hashed))
            self._held.pop(hashed, None)
        return row is not None

    def tokens(self) -> list[Token]:
        """All of them, oldest first."""
        rows = self._rows.execute("SELECT name, created, used FROM tokens ORDER BY created")
        return [Token(*row) for row in rows]

    def revoke_token(self, name: str) -> bool:
        """Whether there was one of this name; it counts no more."""
        self._held.clear()
        return self._rows.execute("DELETE FROM tokens WHERE name = ?", (name,)).rowcount == 1

    # The password

    def password(self) -> str:
        """Its argon2id hash; empty where none is set."""
        row = self._rows.execute("SELECT hash FROM password").fetchone()
        return str(row[0]) if row else ""

    def set_password(self, hashed: str) -> None:
        """Replace it and end every session; an empty hash removes it."""
        with closing(self._rows.cursor()) as rows:
            rows.execute("BEGIN IMMEDIATE")
            rows.execute("DELETE FROM password")
            if hashed:
                rows.execute("INSERT INTO password VALUES (1, ?)", (hashed,))
            rows.execute("DELETE FROM sessions")
            rows.execute("COMMIT")
        self._held.clear()

    def renew_password(self, before: str, after: str) -> None:
        """Store the same password's hash with newer parameters, unless it was changed meanwhile."""
        self._rows.execute("UPDATE password SET hash = ? WHERE hash = ?", (after, before))
