"""Services that leave the cluster."""

from collections.abc import Iterator

from catalyst.audit import pods
from catalyst.audit.facts import Manifests
from catalyst.audit.model import At, Check, judge
from catalyst.audit.subjects.documents import line_of
from catalyst.severity import Severity


def _places(facts: Manifests) -> Iterator[At]:
    for one in pods.objects(facts, "Service"):
        spec = pods.mapping(one, "spec")
        if spec.get("type") in {"NodePort", "LoadBalancer"}:
            yield At(f"{pods.title(one)}: {spec['type']}", line_of(spec, "type"))
        if spec.get("externalIPs"):
            yield At(f"{pods.title(one)}: externalIPs (CVE-2020-8554)", line_of(spec, "externalIPs"))
    for one in pods.objects(facts, "Ingress"):
        if not pods.items(pods.mapping(one, "spec"), "tls"):
            yield At(f"{pods.title(one)}: without TLS", line_of(one))


CHECK = Check(
    id="manifests-service",
    control="exposure",
    severity=Severity.MEDIUM,
    title="no service is reached from outside the cluster without TLS",
    why="NodePort and LoadBalancer publish a port as it is; ComfyUI has no login of its own.",
    fix={"kubernetes": "type: ClusterIP, and an Ingress with TLS in front of Catalyst's login"},
    references=("KSV-0108", "CVE-2020-8554", "CWE-319"),
    about=Manifests,
    language="kubernetes objects",
    good=("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: ClusterIP}",
          "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: []}"),
    bad=("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: NodePort}",
         "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {externalIPs: [1.2.3.4]}",
         "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: []}"),
    test=lambda facts: judge(_places(facts), "inside the cluster, or with TLS"),
)
