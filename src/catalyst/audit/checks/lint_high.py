"""Other linters: high."""


from catalyst.audit.facts import Lint
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Lint) -> Outcome:
    found = known(facts.found, "no other linter has looked at it")
    return judge((At(one.text, one.line) for one in found if one.severity == "high"), f"nothing beyond by {facts.by}")


CHECK = Check(
    id="lint-high",
    control="audit",
    severity=Severity.HIGH,
    title="another linter finds nothing high beyond these checks",
    why="hadolint and compose-lint are asked where they are installed; what a check of Catalyst says too is said once.",
    fix={"": "see the linter's own page for its rule"},
    references=("hadolint", "compose-lint"),
    about=Lint,
    language="lint",
    good=("low DL3000",),
    bad=("high DL3000",),
    test=_test,
)
