"""Pod Security Standards, baseline: hostProbesAndHostLifecycle."""

from collections.abc import Iterator

from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import At, Check, NotApplicable, Outcome, judge
from catalyst.audit.subjects.documents import line_of
from catalyst.severity import Severity

PLACES = (("livenessProbe",), ("readinessProbe",), ("startupProbe",), ("lifecycle", "postStart"),
          ("lifecycle", "preStop"))


def _places(facts: Pod) -> Iterator[At]:
    for name, one in pods.containers(facts):
        for keys in PLACES:
            handler = one
            for key in keys:
                handler = pods.mapping(handler, key)
            for kind in ("httpGet", "tcpSocket"):
                where = pods.mapping(handler, kind)
                if where.get("host"):
                    yield At(f"{name}: {'.'.join(keys)}.{kind}.host {str(where['host'])[:60]}", line_of(where, "host"))


def _test(facts: Pod) -> Outcome:
    pods.spec(facts)
    if facts.version < (1, 34):
        return NotApplicable("the standards ask for it from 1.34 on")
    return judge(_places(facts), "none names a host")


CHECK = Check(
    id="pod-probe-hosts",
    control="network-mode",
    severity=Severity.MEDIUM,
    title="probes and handlers of a pod name no host",
    why="The kubelet makes the request, from the node: it is a way to ask services that the pod itself may not reach.",
    fix={"kubernetes": "leave out host: the pod's own address is meant"},
    references=("PSS baseline: hostProbesAndHostLifecycle", "CWE-918"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a, livenessProbe: {httpGet: {path: /, port: 8188}}}]",),
    bad=("containers: [{name: a, livenessProbe: {httpGet: {host: 127.0.0.1}}}]",
         "containers: [{name: a, lifecycle: {preStop: {tcpSocket: {host: a}}}}]"),
    test=_test,
)
