"""A base image by a tag that stays."""

from collections.abc import Iterator

from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, Outcome, Unknown, judge, known
from catalyst.severity import Severity


def _places(facts: Dockerfile) -> Iterator[At]:
    for stage in known(facts.stages, "the Dockerfile could not be read"):
        if stage.parent >= 0 or stage.base == "scratch" or stage.unresolved or "@sha256:" in stage.base:
            continue
        tag = stage.base.rpartition("/")[2].partition(":")[2]
        if tag in {"", "latest"}:
            yield At(f"FROM {stage.base[:80]}", stage.line)


def _test(facts: Dockerfile) -> Outcome:
    places = tuple(_places(facts))
    unresolved = next((stage for stage in facts.stages or () if stage.unresolved), None)
    if not places and unresolved:
        return Unknown(f"FROM {unresolved.base[:60]}: a variable without a value (line {unresolved.line})")
    return judge(places, "every base has a tag")


CHECK = Check(
    id="dockerfile-base-tag",
    control="supply-chain",
    severity=Severity.MEDIUM,
    title="a base image has a tag, and not latest",
    why="The same Dockerfile makes another image tomorrow, and nobody can say from what the one that runs was made.",
    fix={"dockerfile": "FROM IMAGE:VERSION@sha256:…, from: docker image inspect --format '{{.RepoDigests}}' "
                       "IMAGE:VERSION"},
    references=("CIS 4.2", "DS-0001", "DL3006", "DL3007", "CKV_DOCKER_7", "CWE-1104"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM python:3.11-slim", "FROM scratch", "FROM a:1 AS b\nFROM b", "ARG V=1\nFROM a:$V"),
    bad=("FROM python", "FROM python:latest", "FROM a:1\nFROM localhost:5000/b", "ARG V=latest\nFROM a:${V}"),
    test=_test,
)
