"""What comes along uninvited."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

INSTALL = re.compile(r"^apt(?:-get)?\s+(?:\S+\s+)*install\b")
OFF = re.compile(r"--no-install-recommends|APT::Install-Recommends[ =]\"?(?:0|false)", re.IGNORECASE)


def _places(facts: Dockerfile) -> Iterator[At]:
    for line, text in look.runs(facts):
        if not OFF.search(text) and any(INSTALL.search(one) for one in look.commands(text)):
            yield At("apt-get install with recommended packages", line)


CHECK = Check(
    id="dockerfile-recommends",
    control="image",
    severity=Severity.LOW,
    title="only the packages that were named are installed",
    why="Recommended packages are programs nobody asked for: more to attack with and more to keep up to date.",
    fix={"dockerfile": "apt-get install -y --no-install-recommends …"},
    references=("CIS 4.3", "DS-0029", "DL3015"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nRUN apt-get install -y --no-install-recommends x",
          "FROM a\nRUN apt-get -o APT::Install-Recommends=false install x"),
    bad=("FROM a\nRUN apt-get update && apt-get install -y x", "FROM a\nRUN <<EOF\napt-get install -y x\nEOF"),
    test=lambda facts: judge(_places(facts), "no recommended packages"),
)
