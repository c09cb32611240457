"""The runner: every check against every subject that has facts for it. Pure but for what the checks are given."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from catalyst import _discover
from catalyst.audit.model import Broken, Check, Held, NotKnown, Outcome, Unknown, broken
from catalyst.errors import plain
from catalyst.guard.record import Record

EVIDENCE = 300  # characters of a foreign word in a report


class Subject(Record):
    """One thing that was looked at: what kind it is, its name, what could be read of it, and what could not.

    `facts` are records of audit/facts.py. `undone` are parts of the audit that were not done, each with its reason.
    `file` is the path to put a finding at, empty where there is none; `parts` are other files that belong to it and are
    subjects of their own.
    """

    kind: str
    name: str
    facts: tuple[Any, ...]
    undone: tuple[str, ...] = ()
    file: str = ""
    parts: tuple[str, ...] = ()


class Row(Record):
    """One check on one part of a subject. `accepted` is the reason why the owner lives with a finding, empty if none."""

    check: Check
    subject: Subject
    part: str
    outcome: Outcome
    accepted: str = ""


@cache
def checks() -> tuple[Check, ...]:
    """Every check of the package, one per file of `audit/checks/`."""
    from catalyst.audit import checks as package

    return _discover.discover(package, "CHECK", Check)


def run(subjects: Iterable[Subject], among: Iterable[Check] | None = None) -> tuple[Row, ...]:
    """A row for each check that applies, in the order of subjects and of file names."""
    chosen = tuple(checks() if among is None else among)
    return tuple(
        Row(check, subject, str(getattr(facts, "name", "")), outcome_of(check, facts))
        for subject in subjects
        for facts in subject.facts
        for check in chosen
        if isinstance(facts, check.about) and (not check.kinds or getattr(facts, "kind", subject.kind) in check.kinds)
    )


def outcome_of(check: Check, facts: object) -> Outcome:
    """What the check says. A check that crashes is a finding: what it looked at may have been made to crash it."""
    try:
        found = check.test(facts)
    except NotKnown as missing:
        return Unknown(str(missing))
    except Exception as error:
        return broken(f"the check crashed on this subject: {type(error).__name__}: {plain(str(error), EVIDENCE)}")
    if isinstance(found, Broken) and not found.at:
        return broken("the check names no place")
    if isinstance(found, Held) and (why := getattr(facts, "partial", "")):
        return Unknown(why)
    return found
