"""Another container's namespaces."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    known(facts.pid, "its namespaces are not known")
    spaces = {"network_mode": facts.network, "pid": facts.pid, "ipc": facts.ipc}
    shared = [(field, mode) for field, mode in spaces.items() if mode and mode.startswith(("container:", "service:"))]
    places = [At(f"{field} of {mode[:60]}", facts.line(field)) for field, mode in shared if field != "network_mode"]
    return judge(places, "its own" if not shared else "a shared network, as sidecars have")


CHECK = Check(
    id="container-shared-namespace",
    control="namespaces",
    severity=Severity.LOW,
    title="a container does not share processes or IPC with another one",
    why="Whoever gets into one of the two can trace and signal the other. A shared network alone is how sidecars work.",
    fix={"compose": 'pid: ""', "docker": "leave out --pid=container:NAME and --ipc=container:NAME"},
    references=("CWE-668",),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a", "network_mode: service:vpn"),
    bad=("pid: service:other", "ipc: container:other"),
    test=_test,
)
