"""update in a layer of its own."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

FETCH = re.compile(r"^(?:apt(?:-get)?|apk|dnf|yum)\s+(?:-\S+\s+)*(?:update|makecache)\b")
USE = re.compile(r"^(?:apt(?:-get)?|apk|dnf|yum)\s+(?:-\S+\s+)*(?:install|add|upgrade|dist-upgrade|build-dep)\b")


def _places(facts: Dockerfile) -> Iterator[At]:
    for line, text in look.runs(facts):
        parts = look.commands(text)
        if any(FETCH.search(one) for one in parts) and not any(USE.search(one) for one in parts):
            yield At("update without an install in the same RUN", line)


CHECK = Check(
    id="dockerfile-update-alone",
    control="image",
    severity=Severity.LOW,
    title="package lists are fetched where they are used",
    why="The layer is cached, so a later install comes from lists that may be months old, with the holes of then.",
    fix={"dockerfile": "RUN apt-get update && apt-get install -y --no-install-recommends …"},
    references=("CIS 4.7", "DS-0017", "DL3009", "CKV_DOCKER_5"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nRUN apt-get update && apt-get install -y x", "FROM a\nRUN apt-get -qq update; apt-get install x"),
    bad=("FROM a\nRUN apt-get update\nRUN apt-get install -y x", "FROM a\nRUN apk update"),
    test=lambda facts: judge(_places(facts), "lists are used where they are fetched"),
)
