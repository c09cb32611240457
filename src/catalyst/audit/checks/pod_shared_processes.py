"""Processes of other containers of a pod."""


from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import Check, Held, Outcome, broken
from catalyst.audit.subjects.documents import line_of, truth
from catalyst.severity import Severity


def _test(facts: Pod) -> Outcome:
    spec = pods.spec(facts)
    shared = spec.get("shareProcessNamespace")
    if shared is None or truth(shared) is False:
        return Held("each container sees its own processes")
    return broken("containers of the pod see and trace one another", line_of(spec, "shareProcessNamespace"))


CHECK = Check(
    id="pod-shared-processes",
    control="namespaces",
    severity=Severity.MEDIUM,
    title="containers of a pod do not see one another's processes",
    why="The workload could read the tokens of the broker beside it out of /proc/PID/root and memory.",
    fix={"kubernetes": "shareProcessNamespace: false"},
    references=("CWE-668",),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a}]", "shareProcessNamespace: false\ncontainers: [{name: a}]"),
    bad=("shareProcessNamespace: true\ncontainers: [{name: a}]",),
    test=_test,
)
