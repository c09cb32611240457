"""Sources without a commit."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

CLONE = re.compile(r"\bgit\b[^;&|\n]*\bclone\b[^;&|\n]*")
PINNED = re.compile(
    r"\bgit\b[^;&|\n]*\b(?:checkout|reset|fetch|switch)\b[^;&|\n]*(?:\b[0-9a-f]{40}|\$\{?\w*(?:COMMIT|SHA|REV|REF)\w*\}?)|"
    r"--revision[= ]\S+", re.IGNORECASE)  # fmt: skip


def _places(facts: Dockerfile) -> Iterator[At]:
    for line, text in look.runs(facts):
        found = CLONE.search(text)
        if found and not PINNED.search(text):
            yield At(" ".join(found[0].split())[:100], line)


CHECK = Check(
    id="dockerfile-git-clone",
    control="supply-chain",
    severity=Severity.LOW,
    title="sources are taken at a commit",
    why="A branch or a tag is what its owner says today; node packs were taken over by stolen accounts.",
    fix={"dockerfile": "RUN git clone ADDRESS x && git -C x checkout COMMIT"},
    references=("CIS 4.11", "CWE-494"),
    about=Dockerfile,
    language="dockerfile",
    good=(f"FROM a\nRUN git clone https://example.org/x && git -C x checkout {'0a' * 20}",
          "FROM a\nRUN git clone x && git -C x checkout $COMMIT"),
    bad=("FROM a\nRUN git clone https://example.org/x", "FROM a\nRUN git clone --branch v1 https://example.org/x"),
    test=lambda facts: judge(_places(facts), "no clone without a commit"),
)
