"""The list that linPEAS, deepce and CDK go through."""

from catalyst.audit.inside.acts.sockets import knocks_any
from catalyst.audit.inside.probe import ENGINES, Probe

act = knocks_any(
    "/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock",
    "/run/containerd/containerd.sock.ttrpc", "/run/docker/containerd/containerd.sock", "/run/crio/crio.sock",
    "/run/podman/podman.sock", "/run/buildkit/buildkitd.sock", "/run/dockershim.sock", "/run/cri-dockerd.sock",
    "/run/rkt/api-service.sock", "/run/frakti.sock", "/run/firecracker-containerd/containerd.sock",
    "/var/lib/kubelet/pod-resources/kubelet.sock", "/var/lib/kubelet/device-plugins/kubelet.sock",
    "/run/lxd.socket", "/var/lib/lxd/unix.socket", "/var/snap/lxd/common/lxd/unix.socket", "/run/incus/unix.socket",
    "/run/snapd.socket", "/run/libvirt/libvirt-sock", "/run/systemd/notify", "/run/udev/control",
    "/run/user/{uid}/systemd/private", "/run/user/{uid}/containerd/containerd.sock", "/run/user/{uid}/gnupg/S.gpg-agent",
)  # fmt: skip

PROBE = Probe(
    id="runtime-sockets",
    theme="kernel",
    title="reach the doors of container runtimes and services",
    origin="linPEAS",
    control="namespaces",
    layers=ENGINES,
    needs_root=True,
    act=act,
)
