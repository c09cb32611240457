"""Pod Security Standards, baseline: hostPorts."""

from collections.abc import Iterator

from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import At, Check, judge
from catalyst.audit.subjects.documents import line_of
from catalyst.severity import Severity


def _places(facts: Pod) -> Iterator[At]:
    for name, one in pods.containers(facts):
        for port in pods.items(one, "ports"):
            if isinstance(port, dict) and port.get("hostPort") not in {None, 0}:
                yield At(f"{name}: hostPort {port['hostPort']}", line_of(port, "hostPort"))


CHECK = Check(
    id="pod-host-ports",
    control="exposure",
    severity=Severity.HIGH,
    title="a pod takes no port of its node",
    why="It is reached past every NetworkPolicy and Service, and may stand in for a service of the node.",
    fix={"kubernetes": "ports: [{containerPort: 8188}]"},
    references=("PSS baseline: hostPorts", "KSV-0024", "CKV_K8S_26"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a, ports: [{containerPort: 1}]}]",
          "containers: [{name: a, ports: [{containerPort: 1, hostPort: 0}]}]"),
    bad=("containers: [{name: a, ports: [{containerPort: 1, hostPort: 1}]}]",
         "containers: [{name: a}]\ninitContainers: [{name: b, ports: [{hostPort: 2}]}]"),
    test=lambda facts: judge(_places(facts), "none"),
)
