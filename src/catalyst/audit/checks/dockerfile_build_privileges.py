"""What a build may do."""

from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity


def _places(facts: Dockerfile) -> Iterator[At]:
    for one in look.instructions(facts, "RUN"):
        if one.flags.get("security") == "insecure":
            yield At("RUN --security=insecure has every capability", one.line)
        if one.flags.get("network") == "host":
            yield At("RUN --network=host reaches what listens on this machine only", one.line)


CHECK = Check(
    id="dockerfile-build-privileges",
    control="supply-chain",
    severity=Severity.HIGH,
    title="a build asks for no privileges",
    why="What is downloaded in that step runs on the build machine as if it were not in a container.",
    fix={"dockerfile": "leave out --security=insecure and --network=host"},
    references=("CWE-250",),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nRUN --network=none make", "FROM a\nRUN --mount=type=cache,target=/x make"),
    bad=("FROM a\nRUN --security=insecure make", "FROM a\nRUN --network=host make"),
    test=lambda facts: judge(_places(facts), "none asked for"),
)
