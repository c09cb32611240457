"""Logins of container engines and clusters, with which other machines are reached."""

from catalyst.audit.inside.acts.files import in_home
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="container-logins",
    theme="read",
    title="take the logins of Docker, Podman and Kubernetes",
    origin="I7, I9, CDK",
    control="namespaces",
    layers=ENGINES,
    act=in_home(".docker/config.json", ".kube", ".config/containers/auth.json", ".config/helm"),
)
