"""Findings that the owner lives with: `[[accept]]` in catalyst.toml, each with a reason and a last day.

    [[accept]]
    id = "container-cpus"
    reason = "one workload on this machine"
    until = 2027-03-31
    subject = "compose.yaml"     # optional, a pattern as in a shell

Nothing in a scanned file can accept anything. What is accepted stays in every report; what is over is a finding itself.
"""

import datetime as dt
import fnmatch
from collections.abc import Iterable, Mapping
from typing import Any

from catalyst.audit.facts import Exceptions, Exempt
from catalyst.audit.model import Broken
from catalyst.audit.run import Row, Subject
from catalyst.errors import SettingsError, shown
from catalyst.guard.record import replace

KEYS = {"id", "reason", "until", "subject"}
OF_ITSELF = {"exception-expired", "exception-unknown"}
LONGEST = 400


def read(tables: Iterable[Mapping[str, Any]], ids: frozenset[str], today: dt.date, file: str) -> Exceptions:
    """What the tables say. Raises SettingsError where one lacks a reason or a day, or has a key that means nothing."""
    return Exceptions(name=file, entries=tuple(_entry(table, ids, today) for table in tables))


def _entry(table: Mapping[str, Any], ids: frozenset[str], today: dt.date) -> Exempt:
    strange = sorted(table.keys() - KEYS)
    if strange:
        raise SettingsError(f"[[accept]] has the unknown key {shown(strange[0])}",
                            f"known keys: {', '.join(sorted(KEYS))}")
    words = {key: table.get(key, "*" if key == "subject" else "") for key in ("id", "reason", "subject")}
    for key, value in words.items():
        if not isinstance(value, str) or not value.strip() or len(value) > LONGEST or not value.isprintable():
            raise SettingsError(f"[[accept]] needs {key}, a text in one line", f'{key} = "…"')
    last = _day(table.get("until"))
    return Exempt(words["id"], words["reason"], last.isoformat(), words["subject"], last < today, words["id"] in ids)


def _day(value: object) -> dt.date:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise SettingsError(f"[[accept]] needs until, a day, and has {shown(str(value))}", "until = 2027-03-31") from None


def subject(found: Exceptions) -> list[Subject]:
    """The exceptions as a subject of their own, where there are any."""
    return [Subject("settings", found.name, (found,), file=found.name)] if found.entries else []


def apply(rows: Iterable[Row], exceptions: Exceptions) -> tuple[Row, ...]:
    """Rows with the reason where a finding is accepted. The checks of exceptions themselves are never accepted."""
    valid = [one for one in exceptions.entries or () if not one.expired]

    def one(row: Row) -> Row:
        if not isinstance(row.outcome, Broken) or row.check.id in OF_ITSELF:
            return row
        for entry in valid:
            names = (row.subject.name, f"{row.subject.name}:{row.part}")
            if entry.id == row.check.id and any(fnmatch.fnmatchcase(name, entry.subject) for name in names):
                return replace(row, accepted=f"{entry.reason} (until {entry.until})")
        return row

    return tuple(one(row) for row in rows)


def example(text: str) -> Exceptions:
    """The exceptions in a catalyst.toml that is `text`, on the first day of 2026; for the examples of checks."""
    import tomllib

    tables = tomllib.loads(text).get("accept", [])
    return read(tables, frozenset({"container-cpus"}), dt.date(2026, 1, 1), "catalyst.toml")
