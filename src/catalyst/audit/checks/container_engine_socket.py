"""The socket of a container engine."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, Unknown, judge
from catalyst.severity import Severity

NAMES = re.compile(
    r"(?:^|/)(?:docker|podman|containerd(?:\.ttrpc)?|containerd-shim|crio|cri-dockerd|dockershim|kubelet|buildkitd|frakti|rktlet|"
    r"lxd|garden|firecracker-containerd)[^/]*\.sock(?:\.\w+)?$", re.IGNORECASE)
HOLDERS = {"/", "/run", "/var/run", "/var", "/run/docker", "/run/containerd", "/run/podman", "/run/crio",
           "/var/run/docker"}
HARMLESS = re.compile(r"/(?:pulse|pipewire[^/]*|wayland[^/]*|\.X11-unix)(?:/|$)|/\.catalyst/|^/run/catalyst")


def _places(facts: Container) -> Iterator[At]:
    for mount in look.mounts_of(facts):
        line, names = mount.line or facts.line("volumes"), [*look.names_of(mount), look.normal(mount.target)]
        if any(NAMES.search(name) for name in names):
            yield At(f"{mount.source} at {mount.target}", line)
        elif any(name in HOLDERS for name in look.names_of(mount)):
            yield At(f"{mount.source} at {mount.target}, in which engines keep their sockets", line)
        elif mount.socket and not any(HARMLESS.search(name) for name in look.names_of(mount)):
            yield At(f"{mount.source} at {mount.target} is a socket of the host", line)
    for one in facts.environment or ():
        if one.name in {"DOCKER_HOST", "CONTAINER_HOST"} and (one.value or "").startswith(("tcp:", "http", "ssh:")):
            yield At(f"{one.name} leads to an engine", one.line or facts.line("environment"))


def _test(facts: Container) -> Outcome:
    places = tuple(_places(facts))
    unset = look.an_unset_mount(facts)
    if not places and unset:
        return Unknown(f"what is mounted at {unset.target} stands in a variable without a value (line {unset.line})")
    return judge(places, "no socket of an engine")


CHECK = Check(
    id="container-engine-socket",
    control="hidden-secrets",
    severity=Severity.CRITICAL,
    title="no container holds the socket of a container engine",
    why="Whoever may speak to it starts a privileged container with the host's / in it. Read-only does not help: a "
    "socket is used, not written.",
    fix={"compose": "volumes: []", "docker": "leave out -v /var/run/docker.sock:/var/run/docker.sock"},
    references=("CIS 5.32", "KSV-0006", "CL-0001", "CWE-250"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("volumes: [./models:/models]",),
    bad=("volumes: [/var/run/docker.sock:/var/run/docker.sock:ro]",
         "volumes: [/run/user/1000/podman/podman.sock:/d.sock]",
         "volumes: [/run:/host/run]", "volumes: [/srv/renamed:/var/run/docker.sock]",
         "environment: [DOCKER_HOST=tcp://10.0.0.1:2375]"),
    test=_test,
)
