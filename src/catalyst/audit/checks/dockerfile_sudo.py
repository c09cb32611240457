"""sudo."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

USES = re.compile(r"\bsudo\b|NOPASSWD|\bsu-exec\b.*root|\bdoas\b", re.IGNORECASE)


def _places(facts: Dockerfile) -> Iterator[At]:
    for line, text in look.runs(facts):
        found = USES.search(text)
        if found:
            yield At("NOPASSWD: everybody of that group is root" if "nopasswd" in text.lower() else f"uses {found[0]}",
                     line)


CHECK = Check(
    id="dockerfile-sudo",
    control="no-new-privileges",
    severity=Severity.MEDIUM,
    title="an image has no sudo",
    why="It is a setuid program whose purpose is to become root, and it makes no-new-privileges impossible.",
    fix={"dockerfile": "do what needs root before USER, and leave sudo out"},
    references=("DS-0010", "DL3004", "dockle DKL-DI-0001", "CWE-269"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nRUN apt-get install -y curl\nUSER 1000",),
    bad=("FROM a\nRUN sudo apt-get install x", "FROM a\nRUN apt-get install -y sudo",
         "FROM a\nRUN echo '%g ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/g"),
    test=lambda facts: judge(_places(facts), "no sudo"),
)
