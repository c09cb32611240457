"""A health check."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    health = known(facts.health, "the image decides whether there is a health check")
    if health.test[:1] == ("NONE",):
        return broken("its health check is switched off", health.line or facts.line("healthcheck"))
    return Held(" ".join(health.test)[:80]) if health.test else broken("no health check", facts.line("healthcheck"))


CHECK = Check(
    id="container-health",
    control="availability",
    severity=Severity.LOW,
    title="a container has a health check",
    why="A workload that hangs, or that was replaced by something else, looks healthy without one.",
    fix={"compose": "healthcheck: {test: [CMD, curl, -fsS, 'http://127.0.0.1:8188/'], interval: 30s, timeout: 3s, "
                    "start_period: "
         "45s, retries: 5}",
         "docker": "--health-cmd='curl -fsS http://127.0.0.1:8188/' --health-interval=30s --health-timeout=3s "
         "--health-start-period=45s --health-retries=5"},
    references=("CIS 4.6", "CIS 5.27", "DS-0026", "CKV_DOCKER_2"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("healthcheck: {test: curl -f http://127.0.0.1:8188/}",),
    bad=("healthcheck: {disable: true}", "healthcheck: {test: NONE}", "healthcheck: {test: [NONE]}"),
    test=_test,
)
