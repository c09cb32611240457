"""Pod Security Standards, baseline: procMount."""


from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import Check, NotApplicable, Outcome
from catalyst.severity import Severity


def _wrong(value: object) -> str:
    return "" if value == "Default" else f"is {value}"


def _test(facts: Pod) -> Outcome:
    pods.spec(facts)
    if pods.own_users(facts):
        return NotApplicable("the pod has a user namespace of its own (hostUsers: false)")
    return pods.settings(facts, "procMount", _wrong)


CHECK = Check(
    id="pod-proc-mount",
    control="masked-paths",
    severity=Severity.HIGH,
    title="the kernel files that engines hide stay hidden in a pod",
    why="procMount: Unmasked opens files through which root of a container reads the node's memory and changes its "
    "settings.",
    fix={"kubernetes": "securityContext: {procMount: Default}"},
    references=("PSS baseline: procMount", "KSV-0027"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a, securityContext: {procMount: Default}}]",),
    bad=("containers: [{name: a, securityContext: {procMount: Unmasked}}]",),
    test=_test,
)
