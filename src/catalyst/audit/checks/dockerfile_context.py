"""The whole folder."""

from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity


def _places(facts: Dockerfile) -> Iterator[At]:
    if facts.ignore is not None:
        return
    for one in look.instructions(facts, "COPY", "ADD"):
        words = one.words or tuple(one.text.split())
        if "from" not in one.flags and any(source in {".", "./", "*", "/"} for source in words[:-1]):
            yield At(f"{one.name} {one.text[:60]} takes .git, .env and whatever else lies here", one.line)


CHECK = Check(
    id="dockerfile-context",
    control="secrets",
    severity=Severity.LOW,
    title="the whole folder is copied only where a .dockerignore says what not",
    why="Histories, local settings and models end up in the image by accident.",
    fix={"dockerfile": "name the files, or write a .dockerignore: printf '.git\\n.env\\n*.pem\\n' > .dockerignore"},
    references=("DL3067", "CWE-538"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nCOPY src/ /app/", "FROM a AS b\nFROM a\nCOPY --from=b / /"),
    bad=("FROM a\nCOPY . /app", "FROM a\nADD ./ /app"),
    test=lambda facts: judge(_places(facts), "named files, or a .dockerignore"),
)
