"""Failures in a pipe."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

PIPE = re.compile(r"[^|\n]\|[^|\n]")
SAFE = re.compile(r"set\s+-\S*o\s+pipefail|set\s+-\w*\s+-o\s+pipefail|pipefail")


def _places(facts: Dockerfile) -> Iterator[At]:
    safe = False
    for one in look.instructions(facts, "RUN", "SHELL", "FROM"):
        if one.name == "FROM":
            safe = False
        elif one.name == "SHELL":
            safe = "pipefail" in one.text
        else:
            text = one.shell()
            fetches = re.search(r"\b(?:curl|wget)\b", text)
            if fetches and PIPE.search(text) and not safe and not SAFE.search(text):
                yield At("a download in a pipe may fail unseen", one.line)


CHECK = Check(
    id="dockerfile-pipefail",
    control="supply-chain",
    severity=Severity.LOW,
    title="a download that fails in a pipe stops the build",
    why="The shell looks at the last program of a pipe only: half a file is unpacked, and the build goes on.",
    fix={"dockerfile": 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]'},
    references=("DL4006",),
    about=Dockerfile,
    language="dockerfile",
    good=('FROM a\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN curl x | tar x',
          "FROM a\nRUN set -o pipefail && curl x | tar x",
          "FROM a\nRUN curl -o x y || exit 1"),
    bad=("FROM a\nRUN curl https://example.org/x | tar x", "FROM a\nRUN wget -qO- x | tar xz"),
    test=lambda facts: judge(_places(facts), "no download in an unwatched pipe"),
)
