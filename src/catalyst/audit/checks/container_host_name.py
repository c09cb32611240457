"""The host's name."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    uts = known(facts.uts, "its UTS namespace is not known")
    return broken("the host's name", facts.line("uts")) if uts == "host" else Held(uts or "a host name of its own")


CHECK = Check(
    id="container-host-name",
    control="namespaces",
    severity=Severity.LOW,
    title="a container does not share the host's name",
    why="With a capability more it could rename the host, and the name tells what machine it is.",
    fix={"compose": "hostname: comfyui", "docker": "leave out --uts=host"},
    references=("CIS 5.21", "CL-0010"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a", "hostname: comfyui"),
    bad=("uts: host",),
    test=_test,
)
