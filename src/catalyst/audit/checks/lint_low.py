"""Other linters: low."""


from catalyst.audit.facts import Lint
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Lint) -> Outcome:
    found = known(facts.found, "no other linter has looked at it")
    return judge((At(one.text, one.line) for one in found if one.severity == "low"), f"nothing beyond by {facts.by}")


CHECK = Check(
    id="lint-low",
    control="audit",
    severity=Severity.LOW,
    title="another linter finds nothing low beyond these checks",
    why="hadolint and compose-lint are asked where they are installed; what a check of Catalyst says too is said once. "
    "Warnings and words of style of hadolint count as low.",
    fix={"": "see the linter's own page for its rule"},
    references=("hadolint", "compose-lint"),
    about=Lint,
    language="lint",
    good=("high DL3000",),
    bad=("low DL3000",),
    test=_test,
)
