"""Package lists."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

UPDATE = {
    "apt": (re.compile(r"\bapt(?:-get)?\s+(?:-\S+\s+)*update\b"),
            re.compile(r"rm\s+-\w*r\w*\s+(?:\S+\s+)*/var/lib/apt/lists|apt-get\s+dist-?clean")),
    "apk": (re.compile(r"\bapk\s+(?:-\S+\s+)*(?:update\b|add\b(?!.*--no-cache))(?!.*--no-cache)"),
            re.compile(r"rm\s+-\w*r\w*\s+(?:\S+\s+)*/var/cache/apk")),
    "dnf": (re.compile(r"\b(?:dnf|yum|microdnf)\s+(?:-\S+\s+)*install\b"),
            re.compile(r"\b(?:dnf|yum|microdnf)\s+(?:-\S+\s+)*clean\s+all|rm\s+-\w*r\w*\s+(?:\S+\s+)*/var/cache/(?:dnf|yum)")),
}  # fmt: skip


def _places(facts: Dockerfile) -> Iterator[At]:
    for one in look.final(facts, "RUN"):
        text = one.shell()
        cached = "mount" in one.flags
        for name, (fetches, cleans) in UPDATE.items():
            if fetches.search(text) and not cleans.search(text) and not cached:
                yield At(f"{name}'s lists or cache stay in the layer", one.line)


CHECK = Check(
    id="dockerfile-package-lists",
    control="image",
    severity=Severity.LOW,
    title="package lists are removed in the layer that fetched them",
    why="They make the image larger, and a later install from stale lists brings old versions.",
    fix={"dockerfile": "RUN apt-get update && apt-get install -y --no-install-recommends … && rm -rf "
                       "/var/lib/apt/lists/*"},
    references=("DL3009", "DL3019", "DL3032", "dockle DKL-DI-0005"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nRUN apt-get update && apt-get install -y x && rm -rf /var/lib/apt/lists/*",
          "FROM a\nRUN apk add --no-cache x",
          "FROM a AS build\nRUN apt-get update && apt-get install -y x\nFROM b",
          "FROM a\nRUN --mount=type=cache,target=/var/lib/apt apt-get update"),
    bad=("FROM a\nRUN apt-get update && apt-get install -y x", "FROM a\nRUN apk add x", "FROM a\nRUN dnf install -y x",
         "FROM a\nRUN apt-get update \\\n && apt-get install -y x\nRUN rm -rf /var/lib/apt/lists/*"),
    test=lambda facts: judge(_places(facts), "no list stays"),
)
