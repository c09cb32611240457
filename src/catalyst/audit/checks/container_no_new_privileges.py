"""no-new-privileges."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    asked = known(facts.no_new_privileges, "its security options are not known")
    return Held("no-new-privileges") if asked else broken("a setuid program gains privileges", facts.line("security_opt"))


CHECK = Check(
    id="container-no-new-privileges",
    control="no-new-privileges",
    severity=Severity.MEDIUM,
    title="no process of a container gains privileges by exec",
    why="Without it a setuid program of the image, such as su or mount, gives an unprivileged workload root of the "
    "container.",
    fix={"compose": "security_opt: [no-new-privileges:true]", "docker": "--security-opt=no-new-privileges"},
    references=("CIS 5.26", "KSV-0001", "CL-0003", "CWE-269"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("security_opt: [no-new-privileges:true]", "security_opt: [no-new-privileges]"),
    bad=("image: a", "security_opt: [no-new-privileges:false]", "security_opt: [seccomp=x.json]"),
    test=_test,
)
