"""The working directory."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity


def _places(facts: Dockerfile) -> Iterator[At]:
    for one in look.instructions(facts, "WORKDIR"):
        path = one.text.strip("'\"")
        if re.match(r"/+(?:proc/+(?:self|thread-self|\d+)/+(?:fd|cwd|root)|dev/fd)", path):
            yield At(f"WORKDIR {path[:60]} is a way out with an old runc (CVE-2024-21626)", one.line)
        elif not path.startswith(("/", "$", "%", "C:", "c:")):
            yield At(f"WORKDIR {path[:60]} depends on what stood before", one.line)


CHECK = Check(
    id="dockerfile-workdir",
    control="image",
    severity=Severity.MEDIUM,
    title="the working directory is an absolute path",
    why="A relative one changes with the base image. One in /proc/self/fd was an escape in runc before 1.1.12.",
    fix={"dockerfile": "WORKDIR /workspace"},
    references=("DS-0009", "DL3000", "CKV_DOCKER_10", "CVE-2024-21626"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nWORKDIR /app", "FROM a", 'FROM a\nWORKDIR "/a b"'),
    bad=("FROM a\nWORKDIR app", "FROM a\nWORKDIR /proc/self/fd/8"),
    test=lambda facts: judge(_places(facts), "absolute"),
)
