"""Exceptions about nothing."""


from catalyst.audit.facts import Exceptions
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Exceptions) -> Outcome:
    entries = known(facts.entries, "the exceptions could not be read")
    return judge((At(f"there is no check {one.id[:80]}") for one in entries if not one.known),
                 f"{len(entries)} exceptions")


CHECK = Check(
    id="exception-unknown",
    control="audit",
    severity=Severity.LOW,
    title="every exception names a check",
    why="One with a wrong id accepts nothing, and its writer believes that it does.",
    fix={"": "the ids are in the report and in docs/reference/checks.md"},
    references=("Catalyst: exceptions",),
    about=Exceptions,
    language="exceptions",
    good=('[[accept]]\nid = "container-cpus"\nreason = "one workload"\nuntil = 2026-01-01',),
    bad=('[[accept]]\nid = "container-cpu"\nreason = "one workload"\nuntil = 2026-01-01',),
    test=_test,
)
