"""`docker run --privileged -v /:/host` through the engine's own door."""

from catalyst.audit.inside.acts.sockets import knocks_any
from catalyst.audit.inside.probe import ENGINES, Probe

act = knocks_any(
    "/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock", "/run/crio/crio.sock",
    "/run/user/{uid}/podman/podman.sock", "/run/user/{uid}/docker.sock",
)  # fmt: skip

PROBE = Probe(
    id="engine-sockets",
    theme="kernel",
    title="start a privileged container (docker.sock and its kin)",
    origin="I7",
    control="namespaces",
    layers=ENGINES,
    needs_root=True,
    act=act,
)
