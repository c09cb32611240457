"""Pod Security Standards, restricted: seccompProfile."""

from collections.abc import Iterator

from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import At, Check, NotApplicable, Outcome, judge
from catalyst.audit.subjects.documents import line_of
from catalyst.severity import Severity


def _places(facts: Pod) -> Iterator[At]:
    pod = pods.mapping(pods.mapping(pods.spec(facts), "securityContext"), "seccompProfile").get("type")
    for name, one in pods.containers(facts):
        context = pods.mapping(one, "securityContext")
        if context.get("seccompProfile") is None and pod is None:
            yield At(f"{name}: no system call filter is asked for", line_of(context) or line_of(one))
    for name, context in pods.contexts(facts):
        kind = pods.mapping(context, "seccompProfile").get("type")
        if context.get("seccompProfile") is not None and kind not in {"RuntimeDefault", "Localhost"}:
            yield At(f"{name}: {kind}", line_of(context, "seccompProfile"))


def _test(facts: Pod) -> Outcome:
    if pods.windows(facts):
        return NotApplicable("a pod for Windows has no such field")
    return judge(_places(facts), "asked for in every container")


CHECK = Check(
    id="pod-seccomp",
    control="system-calls",
    severity=Severity.MEDIUM,
    title="a pod asks for a system call filter",
    why="Kubernetes has none by default: without a word a container runs unconfined.",
    fix={"kubernetes": "securityContext: {seccompProfile: {type: RuntimeDefault}}"},
    references=("PSS restricted: seccompProfile", "CIS 5.22", "KSV-0030", "CKV_K8S_31", "CWE-693"),
    about=Pod,
    language="kubernetes pod",
    good=("securityContext: {seccompProfile: {type: RuntimeDefault}}\ncontainers: [{name: a}]",
          "containers: [{name: a, securityContext: {seccompProfile: {type: Localhost}}}]"),
    bad=("containers: [{name: a}]",
         "securityContext: {seccompProfile: {type: Unconfined}}\ncontainers: [{name: a}]"),
    test=_test,
)
