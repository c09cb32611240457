"""The service account's token, which NadMesh takes."""

from catalyst.audit.inside.acts.files import reading
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="kubernetes-token",
    theme="read",
    title="take the Kubernetes service account's token",
    origin="I9",
    control="namespaces",
    layers=ENGINES,
    act=reading("/var/run/secrets/kubernetes.io/serviceaccount/token"),
)
