"""A health check."""


from catalyst.audit.facts import Image
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Image) -> Outcome:
    given = known(facts.config, "the image's configuration is not known").get("Healthcheck") or {}
    test = given.get("Test") or []
    return Held(" ".join(map(str, test))[:80]) if test and test[0] != "NONE" else broken("no health check")


CHECK = Check(
    id="image-health",
    control="availability",
    severity=Severity.LOW,
    title="an image has a health check",
    why="A workload that hangs, or that was replaced by something else, looks healthy without one.",
    fix={"": "HEALTHCHECK --interval=30s --timeout=3s --start-period=45s --retries=5 CMD curl -fsS "
             "http://127.0.0.1:8188/"},
    references=("CIS 4.6", "DS-0026", "dockle CIS-DI-0006"),
    about=Image,
    language="image",
    good=('{"config": {"Healthcheck": {"Test": ["CMD", "true"]}}}',),
    bad=("{}", '{"config": {"Healthcheck": {"Test": ["NONE"]}}}'),
    test=_test,
)
