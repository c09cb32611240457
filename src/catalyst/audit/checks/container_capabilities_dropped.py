"""cap_drop ALL."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    if facts.privileged:
        return broken("it is privileged, so nothing is dropped", facts.line("privileged"))
    dropped = known(facts.dropped, "the dropped capabilities are not known")
    if "ALL" in dropped:
        return Held("drops all")
    return broken(f"drops {', '.join(dropped) or 'none'} of the engine's default ones", facts.line("cap_drop"))


CHECK = Check(
    id="container-capabilities-dropped",
    control="capabilities",
    severity=Severity.MEDIUM,
    title="a container drops all capabilities",
    why="Docker's default leaves fourteen, NET_RAW, SETUID and DAC_OVERRIDE among them. What starts as an unprivileged "
    "user needs none.",
    fix={"compose": "cap_drop: [ALL]", "docker": "--cap-drop=ALL"},
    references=("CIS 5.4", "KSV-0003", "CL-0006", "CKV_K8S_37", "CWE-250"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("cap_drop: [ALL]", "cap_drop: [all]\ncap_add: [NET_BIND_SERVICE]"),
    bad=("image: a", "cap_drop: [NET_RAW]", "cap_drop: [ALL]\nprivileged: true"),
    test=_test,
)
