"""Pod Security Standards, restricted: capabilities."""

from collections.abc import Iterator

from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import At, Check, NotApplicable, Outcome, judge
from catalyst.audit.subjects.documents import line_of
from catalyst.severity import Severity


def _places(facts: Pod) -> Iterator[At]:
    for name, one in pods.containers(facts):
        context = pods.mapping(one, "securityContext")
        given = pods.mapping(context, "capabilities")
        line = line_of(context, "capabilities") or line_of(one)
        if "ALL" not in pods.items(given, "drop"):
            yield At(f"{name}: does not drop ALL", line)
        for added in pods.items(given, "add"):
            if added != "NET_BIND_SERVICE":
                yield At(f"{name}: adds {added}", line)


def _test(facts: Pod) -> Outcome:
    if pods.windows(facts):
        return NotApplicable("a pod for Windows has no capabilities")
    return judge(_places(facts), "drops ALL in every container")


CHECK = Check(
    id="pod-capabilities",
    control="capabilities",
    severity=Severity.MEDIUM,
    title="every container of a pod drops all capabilities",
    why="The default leaves fourteen, NET_RAW, SETUID and DAC_OVERRIDE among them. Only NET_BIND_SERVICE may come back.",
    fix={"kubernetes": "securityContext: {capabilities: {drop: [ALL]}}"},
    references=("PSS restricted: capabilities", "CIS 5.4", "KSV-0003", "KSV-0106", "CKV_K8S_37", "CWE-250"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a, securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}}]",),
    bad=("containers: [{name: a}]", "containers: [{name: a, securityContext: {capabilities: {drop: [all]}}}]",
         "containers: [{name: a, securityContext: {capabilities: {drop: [ALL], add: [CHOWN]}}}]"),
    test=_test,
)
