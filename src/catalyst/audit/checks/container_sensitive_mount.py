"""Folders of the host that no container has business with."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, Unknown, judge
from catalyst.severity import Severity

# A mount of one of these, of what is below it, or of a folder that holds it, is a finding; read-only too.
WHOLE = ("/boot", "/dev", "/etc", "/proc", "/sys", "/root", "/usr", "/lib", "/lib64", "/bin", "/sbin", "/run", "/var/run",
         "/var/lib/docker", "/var/lib/containers", "/var/lib/containerd", "/var/lib/kubelet", "/var/lib/rancher",
         "/var/log", "/var/spool", "/var/lib/catalyst-instances")  # fmt: skip
# Folders that are a finding themselves, but not what is below them.
ITSELF = ("/", "/home", "/var", "/var/lib", "/srv", "/opt", "/mnt", "/media", "/lib32")
# What is below these is for containers: sockets of a display, GPU libraries and time are mounted by many guides.
FINE = {"/etc/localtime", "/etc/timezone", "/dev/null", "/dev/shm", "/dev/dri", "/dev/kfd", "/etc/ssl/certs",
        "/usr/share/zoneinfo", "/usr/share/fonts"}  # fmt: skip
SECRETS = re.compile(
    r"/\.(?:ssh|aws|azure|kube|docker|gnupg|netrc|git-credentials|config|local|mozilla|password-store|bash_history|npmrc|pypirc)"
    r"(?:/|$)|/\.cache/huggingface/token$|/\.huggingface(?:/|$)|/id_(?:rsa|ed25519|ecdsa)$|^~/?$|^\$HOME/?$|^\$\{HOME\}/?$"
)


def _why(path: str) -> str:
    if path in FINE or path.startswith(("/dev/nvidia", *(f"{one}/" for one in FINE))):
        return ""
    inside = next((one for one in WHOLE if path == one or path.startswith(f"{one}/")), "")
    if inside == "/run" and path.startswith(("/run/user/", "/run/catalyst")):
        inside = ""
    if inside or path in ITSELF:
        return f"{path} of the host"
    home = re.fullmatch(r"/home/[^/]+|/Users/[^/]+", path)
    return f"the whole home {path}" if home else f"{path}, where secrets lie" if SECRETS.search(path) else ""


def _places(facts: Container) -> Iterator[At]:
    for mount in look.mounts_of(facts):
        if mount.source.startswith(("/", "~", "$", ".")):
            why = next((why for name in look.names_of(mount) if (why := _why(name))), "")
            if why:
                mode = "read-only" if mount.read_only else "writable"
                yield At(f"{why}, {mode}, at {mount.target}", mount.line or facts.line("volumes"))


def _test(facts: Container) -> Outcome:
    places = tuple(_places(facts))
    unset = look.an_unset_mount(facts)
    if not places and unset:
        return Unknown(f"what is mounted at {unset.target} stands in a variable without a value (line {unset.line})")
    return judge(places, f"{len(facts.mounts or ())} mounts, none of a sensitive path")


CHECK = Check(
    id="container-sensitive-mount",
    control="hidden-secrets",
    severity=Severity.HIGH,
    title="no sensitive folder of the host is mounted",
    why="Writable, they give the host away; read-only, they give away its secrets. CIS and docker-bench look at nine "
    "exact names and at writable mounts only.",
    fix={"compose": "volumes: [./models:/comfyui/models:ro, ./output:/comfyui/output]",
         "docker": "mount only what ComfyUI uses: -v $PWD/models:/comfyui/models:ro"},
    references=("CIS 5.6", "KSV-0023", "CL-0013", "CL-0025", "CWE-538"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("volumes: [./models:/models:ro, data:/data]", "volumes: [/srv/comfyui/output:/output]",
          "volumes: [/etc/localtime:/etc/localtime:ro]"),
    bad=("volumes: [/:/host:ro]", "volumes: [/etc:/host/etc]", "volumes: [~/.ssh:/root/.ssh:ro]", "volumes: [//:/host]",
         "volumes: [/proc/1/root:/x:ro]", "volumes: [/home/me/../../etc:/x]",
         "volumes: [{type: bind, source: /root, target: /x}]",
         "volumes: [/var/lib/docker:/x:ro]", "volumes: [/home/me:/x]"),
    test=_test,
)
