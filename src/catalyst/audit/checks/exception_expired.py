"""Exceptions whose day is over."""


from catalyst.audit.facts import Exceptions
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Exceptions) -> Outcome:
    entries = known(facts.entries, "the exceptions could not be read")
    return judge((At(f"{one.id}: it was accepted until {one.until}") for one in entries if one.expired),
                 f"{len(entries)} exceptions")


CHECK = Check(
    id="exception-expired",
    control="audit",
    severity=Severity.MEDIUM,
    title="no exception is past its day",
    why="An exception is a debt with a date. Once it is over, its finding counts again, and so does this one.",
    fix={"": "mend what it was about, or give it a new reason and a new day in catalyst.toml"},
    references=("Catalyst: exceptions",),
    about=Exceptions,
    language="exceptions",
    good=('[[accept]]\nid = "container-cpus"\nreason = "one workload"\nuntil = 2026-01-01',),
    bad=('[[accept]]\nid = "container-cpus"\nreason = "one workload"\nuntil = 2025-12-31',),
    test=_test,
)
