"""A cgroup of one's own choice."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    parent = known(facts.cgroup_parent, "its cgroup parent is not known")
    usual = parent in {"", "system.slice", "machine.slice", "user.slice", "/libpod_parent"}
    return Held(parent or "the engine's own") if usual else broken(f"cgroup parent {parent[:60]}",
                                                                   facts.line("cgroup_parent"))


CHECK = Check(
    id="container-cgroup-parent",
    control="resources",
    severity=Severity.LOW,
    title="a container stays in the engine's cgroup",
    why="Elsewhere the limits that the host's owner set for containers do not hold.",
    fix={"compose": 'cgroup_parent: ""', "docker": "leave out --cgroup-parent"},
    references=("CIS 5.25",),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a",),
    bad=("cgroup_parent: /mine", "cgroup_parent: ../.."),
    test=_test,
)
