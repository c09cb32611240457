"""Pod Security Standards, baseline: hostNamespaces."""


from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import At, Check, Outcome, judge
from catalyst.audit.subjects.documents import line_of, truth
from catalyst.severity import Severity


def _test(facts: Pod) -> Outcome:
    spec = pods.spec(facts)
    keys = ("hostNetwork", "hostPID", "hostIPC")
    return judge((At(f"{key}: true", line_of(spec, key)) for key in keys if spec.get(key) is not None
                  and truth(spec[key]) is not False), "its own")  # fmt: skip


CHECK = Check(
    id="pod-host-namespaces",
    control="namespaces",
    severity=Severity.HIGH,
    title="a pod uses no namespace of its node",
    why="It sees the node's processes, IPC objects or network, the cloud's metadata address and the kubelet among it. "
    "Trivy's compliance report says PASS here.",
    fix={"kubernetes": "hostNetwork: false"},
    references=("PSS baseline: hostNamespaces", "CIS 5.10", "CIS 5.16", "CIS 5.17", "KSV-0008", "KSV-0009", "KSV-0010",
                "CKV_K8S_17"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a}]", "containers: [{name: a}]\nhostPID: false"),
    bad=("containers: [{name: a}]\nhostPID: true", "containers: [{name: a}]\nhostNetwork: true",
         "containers: [{name: a}]\nhostIPC: true"),
    test=_test,
)
