"""A CMD that is not the last."""

from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity


def _places(facts: Dockerfile) -> Iterator[At]:
    for name in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
        every = look.instructions(facts, name)
        for one in every:
            if any(other.stage == one.stage and other.line > one.line for other in every):
                yield At(f"{name} is overruled by a later one", one.line)


CHECK = Check(
    id="dockerfile-repeated-command",
    control="image",
    severity=Severity.LOW,
    title="an instruction that holds once is written once",
    why="Only the last CMD, ENTRYPOINT and HEALTHCHECK of a stage counts; what a reader takes for in force is not.",
    fix={"dockerfile": "keep the last one"},
    references=("DS-0007", "DS-0016", "DS-0023", "DL4003", "DL4004"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nCMD x\nFROM b\nCMD y",),
    bad=("FROM a\nCMD x\nCMD y", "FROM a\nHEALTHCHECK CMD x\nHEALTHCHECK CMD y"),
    test=lambda facts: judge(_places(facts), "each once"),
)
