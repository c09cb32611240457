"""Words that ask scanners to look away."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from catalyst.audit import look
from catalyst.audit.facts import Text
from catalyst.audit.model import At, Check, judge, known
from catalyst.severity import Severity

INLINE = re.compile(
    r"#\s*(?:trivy:ignore|tfsec:ignore|hadolint\s+(?:global\s+)?ignore\s*=|checkov:skip|bandit:\s*skip|kics-scan\s+(?:ignore|disable)|"
    r"nosemgrep|nosec\b|kube-linter\.io/ignore|compose-lint:\s*(?:disable|ignore)|snyk:ignore|check\s*=\s*skip)|"
    r"ignore-check\.kube-linter\.io/|checkov\.io/skip|polaris\.fairwinds\.com/exempt|kube-score/ignore",
                    re.IGNORECASE)  # fmt: skip


def _places(facts: Text) -> Iterator[At]:
    for number, line in enumerate(known(facts.lines, "the text could not be read"), 1):
        if found := INLINE.search(line):
            yield At(f"{found[0].strip()[:60]} … is not obeyed", number)
    for name in facts.beside or ():
        if PurePosixPath(name).name in look.SCANNER_FILES:
            yield At(f"{name} beside it is not obeyed", 1)


CHECK = Check(
    id="scanner-silenced",
    control="audit",
    severity=Severity.MEDIUM,
    title="nothing in a scanned folder asks scanners to look away",
    why="Trivy, hadolint, checkov and compose-lint obey such words without a trace in their reports. Catalyst does not;"
    " exceptions belong in catalyst.toml, with a reason and an end.",
    fix={"": "[[accept]] in catalyst.toml: id, reason, until"},
    references=("Trivy: inline ignores", "CWE-693"),
    about=Text,
    language="text",
    good=("FROM a\nUSER 1000\n# ignore the noise",),
    bad=("# trivy:ignore:DS-0002\nFROM a", "FROM a # hadolint ignore=DL3002", "# checkov:skip=CKV_DOCKER_3: because",
         "# check=skip=all\nFROM a"),
    test=lambda facts: judge(_places(facts), "nothing asks scanners to look away"),
)
