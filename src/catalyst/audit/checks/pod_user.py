"""Pod Security Standards, restricted: runAsUser."""


from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import Check, NotApplicable, Outcome
from catalyst.severity import Severity


def _wrong(value: object) -> str:
    return "is 0" if value in {0, "0"} else ""


def _test(facts: Pod) -> Outcome:
    pods.spec(facts)
    if pods.own_users(facts):
        return NotApplicable("the pod has a user namespace of its own (hostUsers: false)")
    return pods.settings(facts, "runAsUser", _wrong)


CHECK = Check(
    id="pod-user",
    control="identity",
    severity=Severity.HIGH,
    title="a pod does not ask for uid 0",
    why="Root inside is one kernel bug or one wrong mount away from root of the node.",
    fix={"kubernetes": "securityContext: {runAsUser: 1000}"},
    references=("PSS restricted: runAsUser", "CIS 4.1", "KSV-0105", "CWE-250"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a}]", "securityContext: {runAsUser: 1000}\ncontainers: [{name: a}]"),
    bad=("securityContext: {runAsUser: 0}\ncontainers: [{name: a}]",
         "containers: [{name: a, securityContext: {runAsUser: 0}}]"),
    test=_test,
)
