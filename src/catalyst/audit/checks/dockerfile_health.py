"""A health check."""


from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Dockerfile) -> Outcome:
    found = look.final(facts, "HEALTHCHECK")
    stages = known(facts.stages, "the Dockerfile could not be read")
    if not found:
        return broken("no HEALTHCHECK", stages[-1].line)
    off = found[-1].text.strip().upper() == "NONE"
    return broken("HEALTHCHECK NONE", found[-1].line) if off else Held(found[-1].text[:80])


CHECK = Check(
    id="dockerfile-health",
    control="availability",
    severity=Severity.LOW,
    title="an image has a health check",
    why="A workload that hangs, or that was replaced by something else, looks healthy without one.",
    fix={"dockerfile": "HEALTHCHECK --interval=30s --timeout=3s --start-period=45s --retries=5 CMD curl -fsS "
                       "http://127.0.0.1:8188/"},
    references=("CIS 4.6", "DS-0026", "DL3057", "CKV_DOCKER_2"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nHEALTHCHECK CMD curl -f http://127.0.0.1:8188/",),
    bad=("FROM a", "FROM a\nHEALTHCHECK NONE", "FROM a AS b\nHEALTHCHECK CMD x\nFROM a"),
    test=_test,
)
