"""Kernel files that engines hide."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    masked = known(facts.masked, "whether the kernel's files are hidden is not known")
    line = facts.line("security_opt")
    return Held("hidden") if masked else broken("/proc/kcore, /proc/keys, /proc/sys and others are open", line)


CHECK = Check(
    id="container-masked-paths",
    control="masked-paths",
    severity=Severity.HIGH,
    title="the kernel files that engines hide stay hidden",
    why="systempaths=unconfined and unmask open files through which root of a container reads the host's memory and "
    "changes its settings. docker-bench does not look at them.",
    fix={"compose": "security_opt: []", "docker": "leave out systempaths=unconfined", "podman": "leave out unmask="},
    references=("PSS procMount", "KSV-0027"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a",),
    bad=("security_opt: [systempaths=unconfined]", "security_opt: [unmask=ALL]"),
    test=_test,
)
