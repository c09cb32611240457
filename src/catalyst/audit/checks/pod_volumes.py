"""Pod Security Standards, restricted: restrictedVolumes."""


from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import At, Check, Outcome, judge
from catalyst.audit.subjects.documents import line_of
from catalyst.severity import Severity

FINE = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected",
        "secret"}


def _test(facts: Pod) -> Outcome:
    volumes = pods.items(pods.spec(facts), "volumes")
    # One with a name and no type is an emptyDir: the API server fills that in.
    wrong = [one for one in volumes if one.keys() - {"name"} and not any(one.get(key) is not None for key in FINE)]
    return judge((At(f"volume {one.get('name')}: {', '.join(key for key in one if key != 'name')}",
                     line_of(one))
                  for one in wrong), f"{len(volumes)} volumes of allowed types")  # fmt: skip


CHECK = Check(
    id="pod-volumes",
    control="write-confinement",
    severity=Severity.MEDIUM,
    title="a pod uses only the types of volumes that need no trust",
    why="Others are mounted by the node's kernel with the node's rights: NFS, iSCSI, folders of the node and many more.",
    fix={"kubernetes": "volumes: [{name: models, persistentVolumeClaim: {claimName: models}}]"},
    references=("PSS restricted: restrictedVolumes", "KSV-0028"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a}]\nvolumes: [{name: t, emptyDir: {}}, {name: u, secret: {secretName: s}}]",),
    bad=("containers: [{name: a}]\nvolumes: [{name: t, nfs: {server: a, path: /}}]",
         "containers: [{name: a}]\nvolumes: [{name: t, something: {}}]"),
    test=_test,
)
