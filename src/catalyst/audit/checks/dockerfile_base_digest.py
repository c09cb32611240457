"""A base image by digest."""

from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, Outcome, Unknown, judge, known
from catalyst.severity import Severity


def _places(facts: Dockerfile) -> Iterator[At]:
    for stage in known(facts.stages, "the Dockerfile could not be read"):
        if stage.parent < 0 and stage.base != "scratch" and not stage.unresolved and "@sha256:" not in stage.base:
            yield At(f"FROM {stage.base[:80]} has no digest", stage.line)
    names = {stage.name for stage in facts.stages or ()}
    for one in look.instructions(facts, "COPY"):
        source = one.flags.get("from", "")
        named = source.isdigit() or source.lower() in names or "$" in source
        if source and not named and "@sha256:" not in source:
            yield At(f"COPY --from={source[:60]} has no digest", one.line)


def _test(facts: Dockerfile) -> Outcome:
    places = tuple(_places(facts))
    unresolved = next((stage for stage in facts.stages or () if stage.unresolved), None)
    if not places and unresolved:
        return Unknown(f"FROM {unresolved.base[:60]}: a variable without a value (line {unresolved.line})")
    return judge(places, "every image by its digest")


CHECK = Check(
    id="dockerfile-base-digest",
    control="supply-chain",
    severity=Severity.LOW,
    title="a base image is named by its digest",
    why="A tag can be moved to other content, by its owner or by whoever has his password. A digest cannot.",
    fix={"dockerfile": "FROM IMAGE:VERSION@sha256:…, from: docker image inspect --format '{{.RepoDigests}}' "
                       "IMAGE:VERSION"},
    references=("CIS 4.2", "CKV_K8S_43", "CWE-494"),
    about=Dockerfile,
    language="dockerfile",
    good=(f"FROM a:1@sha256:{'0' * 64}", f"FROM a@sha256:{'0' * 64} AS b\nFROM b\nCOPY --from=b / /", "FROM scratch"),
    bad=("FROM python:3.11", f"FROM a@sha256:{'0' * 64}\nCOPY --from=ghcr.io/astral-sh/uv:0.5 /uv /bin/"),
    test=_test,
)
