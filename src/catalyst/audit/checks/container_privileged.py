"""--privileged and privileged: true."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    privileged = known(facts.privileged, "whether it is privileged is not known")
    return broken("privileged", facts.line("privileged")) if privileged else Held("not privileged")


CHECK = Check(
    id="container-privileged",
    control="capabilities",
    severity=Severity.CRITICAL,
    title="a container is not privileged",
    why="Privileged takes away the capability limit, the system call filter, the security module's profile and the "
    "device list at once: root inside is root outside.",
    fix={"compose": "privileged: false", "docker": "leave out --privileged"},
    references=("CIS 5.5", "DS: KSV-0017", "CL-0002", "CWE-250"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a", "privileged: false"),
    bad=("privileged: true", "privileged: yes"),
    test=_test,
)
