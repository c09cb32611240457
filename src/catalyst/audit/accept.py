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
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalyst.audit.facts import Exceptions, Exempt
from catalyst.audit.model import At, Broken
from catalyst.audit.run import Row, Subject
from catalyst.errors import SettingsError, shown
from catalyst.guard.record import replace

KEYS = {"id", "reason", "until", "subject"}
FOREIGN = re.compile(r"CVE-\d{4}-\d{4,}|GHSA(?:-\w{4}){3}|(?:DL|SC|CL-)\d{4}")  # ids of other programs'
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
    known = words["id"] in ids or bool(FOREIGN.fullmatch(words["id"]))
    return Exempt(words["id"], words["reason"], last.isoformat(), words["subject"], last < today, known)


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

    return tuple(part for row in rows for part in _parts(row, valid))


def _parts(row: Row, valid: list[Exempt]) -> Iterator[Row]:
    """The row, or where only some of its places are accepted, two of it."""
    if not isinstance(row.outcome, Broken) or row.check.id in OF_ITSELF:
        yield row
        return
    left = list(row.outcome.at)
    for entry in valid:
        names = (row.subject.name, f"{row.subject.name}:{row.part}")
        if any(fnmatch.fnmatchcase(name, entry.subject) for name in names):
            mine = [place for place in left if entry.id in {row.check.id, _foreign(place)}]
            left = [place for place in left if place not in mine]
            if mine:
                yield replace(row, outcome=Broken(tuple(mine)), accepted=f"{entry.reason} (until {entry.until})")
    if left:
        yield replace(row, outcome=Broken(tuple(left)))


def _foreign(place: At) -> str:
    """The id that another program gave a finding: the first word of what it says."""
    return place.evidence.partition(" ")[0].rstrip(":")


def example(text: str) -> Exceptions:
    """The exceptions in a catalyst.toml that is `text`, on the first day of 2026; for the examples of checks."""
    import tomllib

    tables = tomllib.loads(text).get("accept", [])
    return read(tables, frozenset({"container-cpus"}), dt.date(2026, 1, 1), "catalyst.toml")
