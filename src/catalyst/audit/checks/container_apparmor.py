"""The AppArmor profile."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, NotApplicable, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    profile = known(facts.apparmor, "its AppArmor profile is not known")
    line = facts.line("security_opt")
    if profile == "unconfined":
        return broken("apparmor=unconfined" if not facts.privileged else "privileged, so no profile", line)
    if facts.modules is not None and "apparmor" not in facts.modules:
        return NotApplicable("this engine applies no AppArmor profiles")
    return Held(f"profile {profile[:80]}" if profile else "the engine's default profile, where the host has AppArmor")


CHECK = Check(
    id="container-apparmor",
    control="write-confinement",
    severity=Severity.MEDIUM,
    title="a container is not taken out of AppArmor",
    why="The profile refuses mounts, and writing to /proc and /sys, whatever capabilities a process gets.",
    fix={"compose": "security_opt: [apparmor:docker-default]", "docker": "leave out apparmor=unconfined"},
    references=("CIS 5.2", "PSS appArmorProfile", "CL-0009"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a", "security_opt: [apparmor:docker-default]"),
    bad=("security_opt: [apparmor:unconfined]", "security_opt: [apparmor=unconfined]"),
    test=_test,
)
