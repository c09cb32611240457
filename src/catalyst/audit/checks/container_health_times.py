"""The times of a health check."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, NotApplicable, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    health = known(facts.health, "the image decides whether there is a health check")
    if not health.test or health.test[:1] == ("NONE",):
        return NotApplicable("there is no health check")
    line = health.line or facts.line("healthcheck")
    interval, timeout, retries = health.interval or 30, health.timeout or 30, health.retries or 3
    wrong = [f"{name} {value:g} s" for name, value, most in (("interval", interval, 300), ("timeout", timeout, 60))
             if value > most]  # fmt: skip
    wrong += [f"timeout {timeout:g} s is longer than the interval {interval:g} s"] if timeout > interval else []
    wrong += [f"{retries} retries"] if retries > 10 else []
    return judge((At(one, line) for one in wrong), f"every {interval:g} s, {timeout:g} s each, {retries} times")


CHECK = Check(
    id="container-health-times",
    control="availability",
    severity=Severity.LOW,
    title="a health check is made often enough to tell something",
    why="The project recommends every 30 s, 3 s each, 45 s at the start, 5 times. Minutes between checks, or a timeout "
    "longer than the interval, say nothing in time.",
    fix={"compose": "healthcheck: {interval: 30s, timeout: 3s, start_period: 45s, retries: 5}",
         "docker": "--health-interval=30s --health-timeout=3s --health-start-period=45s --health-retries=5"},
    references=("Catalyst: health check",),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("healthcheck: {test: a, interval: 30s, timeout: 3s, retries: 5}", "healthcheck: {test: a}"),
    bad=("healthcheck: {test: a, interval: 1h}", "healthcheck: {test: a, interval: 5s, timeout: 20s}"),
    test=_test,
)
