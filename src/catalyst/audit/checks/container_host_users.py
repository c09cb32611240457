"""The host's users."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    users = known(facts.userns, "its user namespace is not known")
    if users == "host":
        return broken("the host's users, whatever the daemon maps", facts.line("userns_mode"))
    return Held(users or "as the engine maps")


CHECK = Check(
    id="container-host-users",
    control="identity",
    severity=Severity.MEDIUM,
    title="a container is not taken out of the engine's user namespace",
    why="userns=host undoes the daemon's userns-remap for this container: its root is the host's again.",
    fix={"compose": 'userns_mode: ""', "docker": "leave out --userns=host"},
    references=("CIS 5.31",),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a",),
    bad=("userns_mode: host",),
    test=_test,
)
