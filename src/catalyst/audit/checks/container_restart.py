"""The restart policy."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    policy, _, times = known(facts.restart, "its restart policy is not known").partition(":")
    if policy in {"no", "none", ""}:
        return Held("is not restarted")
    if policy == "on-failure" and times.isdigit() and 0 < int(times) <= 5:
        return Held(f"at most {times} times")
    return broken(f"restart {policy}{f' {times} times' if times else ' without an end'}", facts.line("restart"))


CHECK = Check(
    id="container-restart",
    control="availability",
    severity=Severity.LOW,
    title="a container is not restarted without an end",
    why="A workload that was made to crash comes back as often as an attack needs it, and nobody notices.",
    fix={"compose": "restart: on-failure:5", "docker": "--restart=on-failure:5"},
    references=("CIS 5.15",),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a", 'restart: "no"', "restart: on-failure:5"),
    bad=("restart: always", "restart: unless-stopped", "restart: on-failure", "restart: on-failure:50"),
    test=_test,
)
