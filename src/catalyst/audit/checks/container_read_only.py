"""The root file system."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    read_only = known(facts.read_only, "whether its root file system is read-only is not known")
    return Held("read-only") if read_only else broken("its root file system can be written", facts.line("read_only"))


CHECK = Check(
    id="container-read-only",
    control="write-confinement",
    severity=Severity.MEDIUM,
    title="a container's root file system is read-only",
    why="What runs inside could change the program itself, and the change would be there after the next restart.",
    fix={"compose": "read_only: true", "docker": "--read-only --tmpfs /tmp",
         "kubernetes": "securityContext: {readOnlyRootFilesystem: true}"},
    references=("CIS 5.13", "KSV-0014", "CL-0007", "CKV_K8S_22", "NSA: immutable file systems"),
    about=Container,
    kinds=look.EVERY_CONTAINER,
    language="compose",
    good=("read_only: true",),
    bad=("image: a", "read_only: false"),
    test=_test,
)
