"""Python packages without hashes."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

INSTALL = re.compile(r"^(?:python[\d.]*\s+-m\s+)?(?:uv\s+)?pip[\d.]*\s+(?:-\S+\s+)*install\b(?P<rest>.*)", re.DOTALL)
FINE = re.compile(r"--require-hashes|--no-index|--no-deps\s+\.|-r\s+\S*\.lock\b")
VALUED = {"-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f", "--find-links",
          "--target", "-t", "--prefix", "--root", "--cache-dir", "--python", "--platform", "--timeout"}  # fmt: skip


def _loose(rest: str) -> str:
    """The first thing that is installed without a version, or a file of requirements without hashes."""
    words = rest.split()
    for at, word in enumerate(words):
        if words[at - 1] in {"-r", "--requirement"} and at:
            return f"-r {word}"
        named = not word.startswith("-") and not (at and words[at - 1] in VALUED)
        if named and not re.search(r"==|@\s*\S+#sha256=|\.whl$|^\.", word) and word.strip("'\"") not in {"pip", "\\"}:
            return word
    return ""


def _places(facts: Dockerfile) -> Iterator[At]:
    for line, text in look.runs(facts):
        for command in look.commands(text):
            found = INSTALL.match(command)
            if found and not FINE.search(command) and (loose := _loose(found["rest"])):
                yield At(f"pip install {loose[:60]} without hashes", line)


CHECK = Check(
    id="dockerfile-pip",
    control="supply-chain",
    severity=Severity.LOW,
    title="packages of Python are pinned",
    why="ultralytics 8.3.41 mined for whoever installed it in the two days it was the newest; a lock with hashes would "
    "not have taken it.",
    fix={"dockerfile": "RUN pip install --require-hashes -r requirements.lock, made by: pip-compile --generate-hashes"},
    references=("CIS 4.11", "DL3013", "CWE-1104"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nRUN pip install --require-hashes -r r.txt", "FROM a\nRUN pip install --no-cache-dir x==1.2",
          "FROM a\nRUN pip install -r a.lock"),
    bad=("FROM a\nRUN pip install torch", "FROM a\nRUN python3 -m pip install -r requirements.txt",
         "FROM a\nRUN uv pip install x"),
    test=lambda facts: judge(_places(facts), "pinned, or nothing installed"),
)
