"""Pod Security Standards, restricted: allowPrivilegeEscalation."""


from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import At, Check, NotApplicable, Outcome, judge
from catalyst.audit.subjects.documents import line_of, truth
from catalyst.severity import Severity


def _test(facts: Pod) -> Outcome:
    if pods.windows(facts):
        return NotApplicable("a pod for Windows has no such field")
    places = [At(f"{name}: allowPrivilegeEscalation is not false", line_of(pods.mapping(one, "securityContext"))
                 or line_of(one))
              for name, one in pods.containers(facts)
              if truth(pods.mapping(one, "securityContext").get("allowPrivilegeEscalation")) is not False]  # fmt: skip
    return judge(places, "false in every container")


CHECK = Check(
    id="pod-privilege-escalation",
    control="no-new-privileges",
    severity=Severity.MEDIUM,
    title="no process of a pod gains privileges by exec",
    why="Without it a setuid program of the image gives an unprivileged workload root of the container.",
    fix={"kubernetes": "securityContext: {allowPrivilegeEscalation: false}"},
    references=("PSS restricted: allowPrivilegeEscalation", "CIS 5.26", "KSV-0001", "CKV_K8S_20", "CWE-269"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a, securityContext: {allowPrivilegeEscalation: false}}]",),
    bad=("containers: [{name: a}]", "containers: [{name: a, securityContext: {allowPrivilegeEscalation: true}}]",
         "containers: [{name: a, securityContext: {allowPrivilegeEscalation: false}}, {name: b}]"),
    test=_test,
)
