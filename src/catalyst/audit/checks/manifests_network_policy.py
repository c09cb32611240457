"""NetworkPolicy."""

from typing import Any

from catalyst.audit import pods
from catalyst.audit.facts import Manifests
from catalyst.audit.model import At, Check, NotApplicable, Outcome, judge
from catalyst.audit.subjects.documents import line_of
from catalyst.severity import Severity

PODS = ("Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob")
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a}]}\n"
POLICY = (
    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {}}}\n"
    "spec: {{podSelector: {{}}, policyTypes: [Ingress, Egress]}}\n"
)


def _named(one: Any) -> str:
    return str(pods.mapping(one, "metadata").get("namespace") or "")


def _missing(held: set[str]) -> str:
    return " and ".join(kind for kind in ("Ingress", "Egress") if kind not in held)


def _test(facts: Manifests) -> Outcome:
    work = list(pods.objects(facts, *PODS))
    if not work:
        return NotApplicable("no pods in these manifests")
    held: dict[str, set[str]] = {}
    for one in pods.objects_beside(facts, "NetworkPolicy"):
        types = pods.items(pods.mapping(one, "spec"), "policyTypes") or ["Ingress"]
        held.setdefault(_named(one), set()).update(str(kind) for kind in types)
    places = [At(f"{pods.title(one)}: no NetworkPolicy for {missing}", line_of(one)) for one in work
              if (missing := _missing(held.get(_named(one), set())))]  # fmt: skip
    return judge(places, "policies for both directions in each namespace")


CHECK = Check(
    id="manifests-network-policy",
    control="network-mode",
    severity=Severity.MEDIUM,
    title="a NetworkPolicy says who may reach a pod and what it may reach",
    why="Without one every pod of the cluster reaches ComfyUI, and ComfyUI reaches every pod and the cloud's metadata.",
    fix={"kubernetes": "kind: NetworkPolicy, spec: {podSelector: {}, policyTypes: [Ingress, Egress]}"},
    references=("NSA: C-0030", "CKV2_K8S_6", "CWE-923"),
    about=Manifests,
    language="kubernetes objects",
    good=(f"{POD}{POLICY.format('p')}",),
    bad=(POD, f"{POD}{POLICY.format('p, namespace: other')}"),
    test=_test,
)
