"""Pod Security Standards, baseline: appArmorProfile."""

from collections.abc import Iterator

from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import At, Check, judge, known
from catalyst.audit.subjects.documents import line_of
from catalyst.severity import Severity

PREFIX = "container.apparmor.security.beta.kubernetes.io/"


def _places(facts: Pod) -> Iterator[At]:
    for name, context in pods.contexts(facts):
        if context.get("appArmorProfile") is not None:
            kind = pods.mapping(context, "appArmorProfile").get("type")
            if kind not in {"RuntimeDefault", "Localhost"}:
                yield At(f"{name}: AppArmor profile {kind}", line_of(context, "appArmorProfile"))
    for key, value in known(facts.annotations, "the pod's annotations are not known").items():
        text = "" if value is None else str(value)
        if key.startswith(PREFIX) and text not in {"", "runtime/default"} and not text.startswith("localhost/"):
            yield At(f"annotation {key}: {text[:60]}", facts.line)


CHECK = Check(
    id="pod-apparmor",
    control="write-confinement",
    severity=Severity.MEDIUM,
    title="a pod is not taken out of AppArmor",
    why="The profile refuses mounts, and writing to /proc and /sys, whatever capabilities a process gets.",
    fix={"kubernetes": "securityContext: {appArmorProfile: {type: RuntimeDefault}}"},
    references=("PSS baseline: appArmorProfile", "CIS 5.2", "CKV_K8S_32"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a}]", "containers: [{name: a, securityContext: {appArmorProfile: {type: Localhost}}}]"),
    bad=("containers: [{name: a, securityContext: {appArmorProfile: {type: Unconfined}}}]",
         "securityContext: {appArmorProfile: {type: Unconfined}}\ncontainers: [{name: a}]"),
    test=lambda facts: judge(_places(facts), "the node's own profile, or a named one"),
)
