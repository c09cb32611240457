"""The token of a service account."""


from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import Check, Held, Outcome, broken
from catalyst.audit.subjects.documents import line_of, truth
from catalyst.severity import Severity


def _test(facts: Pod) -> Outcome:
    spec = pods.spec(facts)
    given = truth(spec.get("automountServiceAccountToken"))
    if given is False:
        return Held("no token is mounted")
    return broken("the service account's token is mounted", line_of(spec, "automountServiceAccountToken"))


CHECK = Check(
    id="pod-service-account",
    control="hidden-secrets",
    severity=Severity.MEDIUM,
    title="a pod has no token of its service account",
    why="Every node pack could speak to the cluster with it. ComfyUI has no business with the cluster.",
    fix={"kubernetes": "automountServiceAccountToken: false"},
    references=("NSA: C-0034", "KSV-0036", "CKV_K8S_43", "CWE-538"),
    about=Pod,
    language="kubernetes pod",
    good=("automountServiceAccountToken: false\ncontainers: [{name: a}]",),
    bad=("containers: [{name: a}]", "automountServiceAccountToken: true\ncontainers: [{name: a}]"),
    test=_test,
)
