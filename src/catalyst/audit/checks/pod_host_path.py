"""Pod Security Standards, baseline: hostPathVolumes."""


from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import At, Check, Outcome, judge
from catalyst.audit.subjects.documents import line_of
from catalyst.severity import Severity


def _test(facts: Pod) -> Outcome:
    volumes = pods.items(pods.spec(facts), "volumes")
    return judge((At(f"volume {one.get('name')}: hostPath {pods.mapping(one, 'hostPath').get('path')}",
                     line_of(one, "hostPath"))
                  for one in volumes if one.get("hostPath") is not None),
                 f"{len(volumes)} volumes, none of the node")  # fmt: skip


CHECK = Check(
    id="pod-host-path",
    control="hidden-secrets",
    severity=Severity.HIGH,
    title="a pod mounts no folder of its node",
    why="Folders of the node hold the kubelet's credentials, other pods' secrets and the engine's socket.",
    fix={"kubernetes": "volumes: [{name: models, persistentVolumeClaim: {claimName: models}}]"},
    references=("PSS baseline: hostPathVolumes", "CIS 5.6", "KSV-0023", "KSV-0006", "CWE-538"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a}]\nvolumes: [{name: t, emptyDir: {}}]",),
    bad=("containers: [{name: a}]\nvolumes: [{name: t, hostPath: {path: /}}]",
         "containers: [{name: a}]\nvolumes: [{name: t, hostPath: {}}]"),
    test=_test,
)
