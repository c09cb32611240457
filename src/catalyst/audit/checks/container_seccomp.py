"""The system call filter."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    if facts.privileged:
        return broken("privileged switches the filter off", facts.line("privileged"))
    profile = known(facts.seccomp, "its security options are not known")
    if profile == "unconfined":
        return broken("seccomp=unconfined", facts.line("security_opt"))
    return Held(f"profile {profile[:80]}" if profile else "the engine's default profile")


CHECK = Check(
    id="container-seccomp",
    control="system-calls",
    severity=Severity.HIGH,
    title="a container runs under a system call filter",
    why="Without a filter every system call of the kernel is there to be attacked, among them bpf, io_uring, keyctl and"
    " new namespaces. docker-bench takes a privileged container for filtered; it is not.",
    fix={"compose": "security_opt: [seccomp:./seccomp.json]",
         "docker": "--security-opt=seccomp=FILE, from: catalyst render seccomp"},
    references=("CIS 5.22", "PSS seccompProfile", "KSV-0030", "CL-0009", "CWE-693"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a", "security_opt: [seccomp:./profile.json]"),
    bad=("security_opt: [seccomp:unconfined]", "security_opt: [seccomp=unconfined]", "privileged: true"),
    test=_test,
)
