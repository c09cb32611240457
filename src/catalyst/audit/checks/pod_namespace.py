"""The namespace default."""


from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import Check, Held, Outcome, broken
from catalyst.severity import Severity


def _test(facts: Pod) -> Outcome:
    pods.spec(facts)
    if facts.namespace in {"kube-system", "kube-public", "kube-node-lease"}:
        return broken(f"namespace {facts.namespace}", facts.line)
    return broken("namespace default", facts.line) if facts.namespace == "default" else Held(facts.namespace
                                                                                             or "said elsewhere")


CHECK = Check(
    id="pod-namespace",
    control="kubernetes",
    severity=Severity.LOW,
    title="a pod has a namespace of its own",
    why="Admission labels, NetworkPolicies and quotas hold for a namespace; default and kube-system hold everything "
    "else too.",
    fix={"kubernetes": "metadata: {namespace: comfyui}"},
    references=("KSV-0110", "CKV_K8S_21"),
    about=Pod,
    language="kubernetes object",
    good=("apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: comfyui}\nspec: {containers: [{name: a}]}",),
    bad=("apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: default}\nspec: {containers: [{name: a}]}",),
    test=_test,
)
