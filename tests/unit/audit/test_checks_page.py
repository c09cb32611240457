"""docs/reference/checks.md says of every check what its file says. `pytest --update` writes it."""

from pathlib import Path

import pytest

from catalyst.audit.mend import compose, dockerfile, kubernetes
from catalyst.audit.model import Check
from catalyst.audit.run import checks
from catalyst.severity import Severity

MENDED = {*compose.PLANS, *dockerfile.PLANS, *kubernetes.PLANS}
PAGE = Path(__file__).parents[3] / "docs/reference/checks.md"
HEAD = """\
# Checks of `catalyst audit`

<!-- written from the files of src/catalyst/audit/checks by tests/unit/audit/test_checks_page.py: pytest --update -->

{count} checks. An example under *held* passes and one under *broken* is found: they are the tests of the check. CIS
numbers are those
of CIS Docker Benchmark 1.6.0; DS, KSV: Trivy; DL: hadolint; CL: compose-lint; CKV: checkov; PSS: Pod Security Standards.
[How to use it](../guides/audit.md).

"""


def entry(check: Check) -> str:
    fixes = "\n".join(f"- {kind or 'to mend'}: `{text}`" for kind, text in check.fix.items())
    shown = {"held": check.good[0], "broken": check.bad[0]}
    examples = "".join(f"\n{word}:\n\n```\n{text}\n```\n" for word, text in shown.items())
    kinds = f" Of: {', '.join(check.kinds)}." if check.kinds else ""
    mended = " · mended by `--fix`" if check.id in MENDED else ""
    told = f"{check.severity.name.lower()} · control: {check.control} · {', '.join(check.references)}{mended}"
    title = f"{check.title[0].upper()}{check.title[1:]}"
    return f"### {check.id}\n\n{title}. {check.why}{kinds}\n\n{told}\n\n{fixes}\n{examples}\n"


def page() -> str:
    parts = [HEAD.format(count=len(checks()))]
    for language in dict.fromkeys(check.language for check in checks()):
        mine = [check for check in checks() if check.language == language]
        parts.append(f"## Examples written as: {language}\n\n| check | severity | should be |\n|---|---|---|\n")
        parts += [f"| [{one.id}](#{one.id}) | {one.severity.name.lower()} | {one.title} |\n" for one in mine]
        parts += ["\n", *map(entry, mine)]
    return "".join(parts)


def test_the_page(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(), "if it is meant: pytest --update, and review the diff"


def test_there_is_a_check_of_every_severity() -> None:
    assert {check.severity for check in checks()} == set(Severity)


def test_every_control_has_a_check() -> None:
    """What the policy promises somebody also looks for from outside; a running instance is held against all of it."""
    from catalyst.policy.build import controls

    looked_for = {check.control for check in checks()}
    by_the_instance_alone = {"own-terminal", "scratch", "umask"}
    assert {control.id for control in controls()} - looked_for == by_the_instance_alone
