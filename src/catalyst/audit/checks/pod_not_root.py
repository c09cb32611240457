"""Pod Security Standards, restricted: runAsNonRoot."""

from collections.abc import Iterator

from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import At, Check, NotApplicable, Outcome, judge
from catalyst.audit.subjects.documents import line_of, truth
from catalyst.severity import Severity


def _places(facts: Pod) -> Iterator[At]:
    pod = pods.mapping(pods.spec(facts), "securityContext")
    given = pod.get("runAsNonRoot")
    if given is not None and truth(given) is not True:
        yield At("the pod: runAsNonRoot is not true", line_of(pod, "runAsNonRoot"))
    for name, one in pods.containers(facts):
        context = pods.mapping(one, "securityContext")
        own = context.get("runAsNonRoot")
        if (own is None and truth(given) is not True) or (own is not None and truth(own) is not True):
            yield At(f"{name}: runAsNonRoot is not true", line_of(context, "runAsNonRoot") or line_of(one))


def _test(facts: Pod) -> Outcome:
    pods.spec(facts)
    if pods.own_users(facts):
        return NotApplicable("the pod has a user namespace of its own (hostUsers: false)")
    return judge(_places(facts), "true for every container")


CHECK = Check(
    id="pod-not-root",
    control="identity",
    severity=Severity.HIGH,
    title="a pod must not run as root",
    why="Without it the image decides, and most images run as root.",
    fix={"kubernetes": "securityContext: {runAsNonRoot: true}"},
    references=("PSS restricted: runAsNonRoot", "CIS 4.1", "KSV-0012", "CKV_K8S_23", "CWE-250"),
    about=Pod,
    language="kubernetes pod",
    good=("securityContext: {runAsNonRoot: true}\ncontainers: [{name: a}]",
          "containers: [{name: a, securityContext: {runAsNonRoot: true}}]"),
    bad=("containers: [{name: a}]",
         "securityContext: {runAsNonRoot: true}\ncontainers: [{name: a, securityContext: {runAsNonRoot: false}}]",
         "securityContext: {runAsNonRoot: false}\ncontainers: [{name: a, securityContext: {runAsNonRoot: true}}]"),
    test=_test,
)
