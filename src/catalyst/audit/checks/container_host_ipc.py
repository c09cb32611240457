"""The host's IPC objects."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    ipc = known(facts.ipc, "its IPC namespace is not known")
    return broken("the host's IPC objects", facts.line("ipc")) if ipc == "host" else Held(ipc or "its own IPC objects")


CHECK = Check(
    id="container-host-ipc",
    control="namespaces",
    severity=Severity.HIGH,
    title="a container does not share the host's IPC objects",
    why="Shared memory, semaphores and message queues of the host's programs are open to it. ROCm's guide says "
    "--ipc=host; a larger /dev/shm does what is meant.",
    fix={"compose": "shm_size: 4g", "docker": "--shm-size=4g"},
    references=("CIS 5.17", "KSV-0008", "CL-0010", "CWE-668"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a", "ipc: private"),
    bad=("ipc: host",),
    test=_test,
)
