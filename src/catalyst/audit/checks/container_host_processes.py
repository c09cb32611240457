"""The host's processes."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    pid = known(facts.pid, "its process namespace is not known")
    return broken("the host's processes", facts.line("pid")) if pid == "host" else Held(pid or "its own processes")


CHECK = Check(
    id="container-host-processes",
    control="namespaces",
    severity=Severity.HIGH,
    title="a container does not see the host's processes",
    why="It can signal and, as the same user, trace processes of the host, and read their environment.",
    fix={"compose": 'pid: ""', "docker": "leave out --pid=host"},
    references=("CIS 5.16", "KSV-0010", "CL-0010", "CWE-668"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a",),
    bad=("pid: host",),
    test=_test,
)
