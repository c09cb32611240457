"""Upgrading a base in place."""

import re

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

UPGRADE = re.compile(r"\bapt(?:-get)?\s+(?:-\S+\s+)*(?:dist-upgrade|full-upgrade)\b")


CHECK = Check(
    id="dockerfile-upgrade",
    control="image",
    severity=Severity.LOW,
    title="a base image is replaced, not turned into another release",
    why="dist-upgrade removes and adds packages as it sees fit: what runs is neither the base that was named nor a "
    "newer one.",
    fix={"dockerfile": "FROM a newer base"},
    references=("DL3005", "DS-0024", "dockle DKL-DI-0003"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nRUN apt-get update && apt-get upgrade -y", "FROM a"),
    bad=("FROM a\nRUN apt-get update && apt-get dist-upgrade -y",),
    test=lambda facts: judge((At(words, line) for line, words in look.any_place(look.runs(facts), UPGRADE)), "none"),
)
