"""Pod Security Standards, restricted: procMount."""


from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import Check, NotApplicable, Outcome
from catalyst.severity import Severity


def _wrong(value: object) -> str:
    return "" if value == "Default" else f"is {value}"


def _test(facts: Pod) -> Outcome:
    pods.spec(facts)
    if not pods.own_users(facts):
        return NotApplicable("the pod shares the node's users, so the baseline check is the one that counts")
    return pods.settings(facts, "procMount", _wrong)


CHECK = Check(
    id="pod-proc-mount-restricted",
    control="masked-paths",
    severity=Severity.MEDIUM,
    title="the kernel files stay hidden also in a pod with its own users",
    why="From 1.35 on baseline lets a pod with a user namespace show them; restricted does not.",
    fix={"kubernetes": "securityContext: {procMount: Default}"},
    references=("PSS restricted: procMount",),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a, securityContext: {procMount: Default}}]\nhostUsers: false",),
    bad=("containers: [{name: a, securityContext: {procMount: Unmasked}}]\nhostUsers: false",),
    test=_test,
)
