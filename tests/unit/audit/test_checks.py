"""Every check: what its file declares, its examples, and that it takes nothing it does not know for good."""

import re
from pathlib import Path

import pytest

from catalyst.audit import facts
from catalyst.audit.examples import LANGUAGES
from catalyst.audit.model import TOPICS, Broken, Check, Held, Unknown
from catalyst.audit.run import checks, outcome_of
from catalyst.policy.build import controls

CHECKS = checks()
IDS = Path(__file__).with_name("check_ids.txt")
EXAMPLES = [(check, text, True) for check in CHECKS for text in check.good] + [
    (check, text, False) for check in CHECKS for text in check.bad
]


@pytest.mark.parametrize(("check", "text", "good"), EXAMPLES, ids=lambda value: getattr(value, "id", str(value)[:40]))
def test_its_examples(check: Check, text: str, good: bool) -> None:
    found = outcome_of(check, LANGUAGES[check.language](text))
    assert isinstance(found, Held if good else Broken), found
    assert good or not any("the check crashed" in place.evidence
                           for place in found.at)  # type: ignore[union-attr]  # Broken


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.id))
def test_nothing_known_is_unknown(check: Check) -> None:
    assert isinstance(outcome_of(check, check.about()), Unknown)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.id))
def test_what_it_declares(check: Check) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", check.id)
    assert check.control in {*TOPICS, *(control.id for control in controls())}
    assert check.title[0].islower() or check.title.startswith(("ComfyUI", "RBAC", "PID"))
    assert not check.title.endswith(".")
    assert check.why.endswith(".")
    assert len(f"{check.title}. {check.why}") <= 1024  # GitHub's limit for fullDescription.text
    assert check.good
    assert check.bad
    assert check.fix
    assert all(check.fix.values())
    assert check.references
    assert check.about in vars(facts).values()


def test_it_is_named_after_its_file() -> None:
    from catalyst.audit import checks as package

    files = {file.stem.replace("_", "-") for file in Path(package.__path__[0]).glob("*.py")} - {"--init--"}
    assert {check.id for check in CHECKS} == files


def test_ids_are_pinned(request: pytest.FixtureRequest) -> None:
    """An id is in people's exceptions and reports: it is never used for something else, and never vanishes unseen."""
    found = "".join(f"{check.id}\n" for check in sorted(CHECKS, key=lambda check: check.id))
    if request.config.getoption("--update"):
        IDS.write_text(found, encoding="utf-8")
    assert found == IDS.read_text(encoding="utf-8"), "if it is meant: pytest --update, and review the diff"
