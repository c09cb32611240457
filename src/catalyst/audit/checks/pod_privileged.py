"""Pod Security Standards, baseline: privileged."""


from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import Check
from catalyst.audit.subjects.documents import truth
from catalyst.severity import Severity


def _wrong(value: object) -> str:
    return "is true" if truth(value) is not False else ""


CHECK = Check(
    id="pod-privileged",
    control="capabilities",
    severity=Severity.CRITICAL,
    title="no container of a pod is privileged",
    why="Privileged takes away the capability limit, the system call filter, the security module's profile and the "
    "device list at once.",
    fix={"kubernetes": "securityContext: {privileged: false}"},
    references=("PSS baseline: privileged", "CIS 5.5", "KSV-0017", "CKV_K8S_16", "CWE-250"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a}]", "containers: [{name: a, securityContext: {privileged: false}}]"),
    bad=("containers: [{name: a, securityContext: {privileged: true}}]",
         "containers: [{name: a}]\ninitContainers: [{name: b, securityContext: {privileged: true}}]",
         "containers: [{name: a}]\nephemeralContainers: [{name: b, securityContext: {privileged: yes}}]"),
    test=lambda facts: pods.settings(facts, "privileged", _wrong),
)
