"""Is this tag the release that the tree says it is? `python3 tests/release.py v1.2.3` prints its notes, or why not.

Standard library alone: the workflow calls it before anything is installed.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def version(root: Path) -> str:
    """The one place where the version stands."""
    text = (root / "src/catalyst/__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "(\d+\.\d+\.\d+)"$', text, re.MULTILINE)
    if not found:
        raise SystemExit("src/catalyst/__init__.py has no version")
    return found[1]


def notes(root: Path, tag: str) -> str:
    """The part of the change log for `tag`. Raises SystemExit where the tag is no release of this tree."""
    named = version(root)
    if tag != f"v{named}":
        raise SystemExit(f"the tag is {tag}, and the version is {named}")
    if left := sorted(file.name for file in (root / "changes").glob("+*")):
        raise SystemExit(f"not in CHANGELOG.md yet: {', '.join(left)}; towncrier build --version {named}")
    log = (root / "CHANGELOG.md").read_text("utf-8")
    part = re.search(rf"^## {re.escape(named)} \([^)\n]*\)\n(.*?)(?=^## |\Z)", log, re.MULTILINE | re.DOTALL)
    if not part or not part[1].strip():
        raise SystemExit(f"CHANGELOG.md says nothing of {named}")
    return part[1].strip() + "\n"


if __name__ == "__main__":
    print(notes(ROOT, *sys.argv[1:]), end="")
