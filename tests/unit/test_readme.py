"""The README shows the program's own help and its own numbers; that its commands exist is in test_documents.py."""

import re
from pathlib import Path

from catalyst.cli.parser import build

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_help_is_the_programs() -> None:
    shown = README.partition("$ catalyst --help\n")[2].partition("```")[0]
    assert shown == build().format_help(), "paste the output of: catalyst --help"


def test_the_table_of_variables_is_complete() -> None:
    for name in ("SECURITY_LEVEL", "NETWORK_MODE", "PARANOID_MODE", "ENABLE_FORENSIC_CLEANUP",
                 "SECURITY_TOKEN_VAULT_PATH"):
        assert f"| `{name}` |" in README


def test_the_number_of_checks_is_the_one_that_is_made() -> None:
    from catalyst.audit.run import checks

    for file in (ROOT / "README.md", ROOT / "docs/guides/audit.md"):
        assert re.search(rf"\b{len(checks())} checks\b", file.read_text(encoding="utf-8")), file.name


def test_the_number_of_attempts_is_the_one_that_is_made() -> None:
    """The README and the guide say how many; a probe more or less must not leave them behind."""
    from catalyst.audit.inside.attempt import names

    for file in (ROOT / "README.md", ROOT / "docs/guides/verify.md", ROOT / "docs/concepts/decisions.md"):
        assert f"{len(names())} attempts" in file.read_text(encoding="utf-8"), file.name
