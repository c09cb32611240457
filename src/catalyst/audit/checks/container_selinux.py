"""SELinux labels."""

import re

from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, NotApplicable, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    labels = known(facts.selinux, "its SELinux labels are not known")
    line = facts.line("security_opt")
    if "disable" in labels.split(","):
        if facts.modules is not None and "selinux" not in facts.modules:
            return NotApplicable("this engine labels nothing, so label=disable takes nothing away")
        return broken("label=disable", line)
    if re.search(r"type:(spc_t|unconfined_t)", labels):
        return broken(f"labels {labels[:80]}: that domain is not confined", line)
    return Held(f"labels {labels[:80]}" if labels else "the engine's own labels, where the host has SELinux")


CHECK = Check(
    id="container-selinux",
    control="write-confinement",
    severity=Severity.MEDIUM,
    title="a container is not taken out of SELinux",
    why="label=disable and spc_t run the container without the domain that keeps it from the host's files.",
    fix={"compose": "security_opt: []", "docker": "leave out --security-opt=label=disable"},
    references=("CIS 5.3", "PSS seLinuxOptions"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a", "security_opt: [label:type:nvidia_container_t]"),
    bad=("security_opt: [label:disable]", "security_opt: [label=disable]", "security_opt: [label:type:spc_t]"),
    test=_test,
)
