"""Rights in the cluster."""

from collections.abc import Iterator

from catalyst.audit import pods
from catalyst.audit.facts import Manifests
from catalyst.audit.model import At, Check, judge
from catalyst.audit.subjects.documents import line_of
from catalyst.severity import Severity

STRONG = {"secrets", "pods/exec", "pods/attach", "nodes/proxy", "serviceaccounts/token", "*"}


def _places(facts: Manifests) -> Iterator[At]:
    for one in pods.objects(facts, "Role", "ClusterRole"):
        for rule in pods.items(one, "rules"):
            resources = {str(name) for name in pods.items(rule, "resources")} if isinstance(rule, dict) else set()
            verbs = {str(name) for name in pods.items(rule, "verbs")} if isinstance(rule, dict) else set()
            if "*" in verbs or verbs & {"escalate", "bind", "impersonate"} or resources & STRONG:
                yield At(f"{pods.title(one)}: {', '.join(sorted(verbs))} on {', '.join(sorted(resources)) or 'nothing'}",
                         line_of(rule))
    for one in pods.objects(facts, "RoleBinding", "ClusterRoleBinding"):
        if pods.mapping(one, "roleRef").get("name") in {"cluster-admin", "admin", "edit"}:
            yield At(f"{pods.title(one)}: {pods.mapping(one, 'roleRef')['name']}", line_of(one, "roleRef"))


CHECK = Check(
    id="manifests-roles",
    control="kubernetes",
    severity=Severity.HIGH,
    title="RBAC gives nobody the cluster",
    why="Reading secrets, exec into pods, wildcards and cluster-admin are the cluster, for whoever gets that service "
    "account.",
    fix={"kubernetes": "name the verbs and resources that are needed; ComfyUI needs none"},
    references=("NSA: C-0035", "KSV-0041", "KSV-0044", "KSV-0046", "KSV-0111", "CKV_K8S_49"),
    about=Manifests,
    language="kubernetes objects",
    good=("apiVersion: v1\nkind: Role\nmetadata: {name: a}\nrules: [{resources: [configmaps], verbs: [get]}]",),
    bad=("apiVersion: v1\nkind: ClusterRole\nmetadata: {name: a}\nrules: [{resources: ['*'], verbs: [get]}]",
         "apiVersion: v1\nkind: Role\nmetadata: {name: a}\nrules: [{resources: [secrets], verbs: [list]}]",
         "apiVersion: v1\nkind: ClusterRoleBinding\nmetadata: {name: a}\nroleRef: {name: cluster-admin}"),
    test=lambda facts: judge(_places(facts), "no strong rights"),
)
