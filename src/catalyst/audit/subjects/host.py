"""This machine: what of the kernel, the engines and the GPU's toolkit decides how well containers are confined."""

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from catalyst.audit.facts import Host
from catalyst.audit.run import Subject
from catalyst.engine import process

SETTINGS = (
    "kernel.unprivileged_bpf_disabled", "kernel.kptr_restrict", "kernel.dmesg_restrict", "kernel.yama.ptrace_scope",
    "kernel.randomize_va_space", "kernel.core_pattern", "kernel.perf_event_paranoid", "fs.protected_symlinks",
    "fs.protected_hardlinks", "fs.suid_dumpable", "vm.unprivileged_userfaultfd", "kernel.kexec_load_disabled",
    "kernel.modules_disabled", "kernel.io_uring_disabled",
)  # fmt: skip
SOCKETS = ("/var/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock", "/run/crio/crio.sock")
VERSION = re.compile(r"\d+(?:\.\d+)+[\w.+~-]*")


def read() -> Subject:
    """The facts of this machine."""
    versions, undone = _versions()
    facts = Host(settings=dict(_settings()), versions=versions, daemon=_daemon(), sockets=dict(_sockets()),
                 listens=_listens())
    return Subject("host", os.uname().nodename, (facts,), tuple(undone))


def example(text: str) -> Host:
    """From lines `kind name = value`, for the examples of checks; `kind` is a field of facts.Host."""
    given: dict[str, Any] = {"settings": {}, "versions": {}, "daemon": {}, "sockets": {}, "listens": []}
    for line in text.splitlines():
        kind, name, value = re.split(r" = | ", line, maxsplit=2)
        if kind == "listens":
            given[kind].append(name)
        else:
            given[kind][name] = int(value, 8) if kind == "sockets" else json.loads(value) if kind == "daemon" else value
    return Host(**{**given, "listens": tuple(given["listens"])})


def _settings() -> Iterator[tuple[str, str]]:
    for name in SETTINGS:
        try:
            yield name, (Path("/proc/sys") / name.replace(".", "/")).read_text("utf-8", "replace").strip()
        except OSError:
            continue
    yield "landlock", "yes" if "landlock" in _file("/sys/kernel/security/lsm") else "not shown"
    yield "swap", "yes" if len(_file("/proc/swaps").splitlines()) > 1 else "no"


def _file(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _versions() -> tuple[dict[str, str], list[str]]:
    """Of docker and its parts, podman, runc, crun, bubblewrap, NVIDIA's toolkit; "" where a program is not there."""
    found, undone = {"kernel": os.uname().release}, list[str]()
    asked = {"docker": ["docker", "version", "--format", "{{.Server.Version}}"], "podman": ["podman", "--version"],
             "runc": ["runc", "--version"], "bubblewrap": ["bwrap", "--version"],
             "nvidia-toolkit": ["nvidia-ctk", "--version"],
             "containerd": ["containerd", "--version"]}  # fmt: skip
    for name, argv in asked.items():
        answer = process.run(argv)
        version = VERSION.search(answer.out)
        found[name] = version[0] if version and answer.code == 0 else ""
        if answer.code not in {0, process.MISSING}:
            undone.append(f"{name} does not say its version")
    return found, undone


def _daemon() -> dict[str, Any] | None:
    """What the docker daemon says of itself and its settings file; None where no daemon answers."""
    answer = process.run(["docker", "info", "--format", "{{json .}}"])
    try:
        said = json.loads(answer.out) if answer.code == 0 else None
    except ValueError:
        return None
    if not isinstance(said, dict) or said.get("ServerErrors"):
        return None
    try:
        written = json.loads(_file("/etc/docker/daemon.json") or "{}")
    except ValueError:
        written = {}
    registries = ((said.get("RegistryConfig") or {}).get("InsecureRegistryCIDRs") or [])
    return {
        "security": [str(one) for one in said.get("SecurityOptions") or ()],
        "insecure": [one for one in registries if not str(one).startswith(("127.", "::1"))],
        "icc": written.get("icc", True), "no_new_privileges": bool(written.get("no-new-privileges")),
    }  # fmt: skip


def _sockets() -> Iterator[tuple[str, int]]:
    for path in SOCKETS:
        try:
            found = Path(path).stat()
        except OSError:
            continue
        if stat.S_ISSOCK(found.st_mode):
            yield path, stat.S_IMODE(found.st_mode)


def _listens() -> tuple[str, ...]:
    """Addresses on which something listens at the ports that engines use without TLS."""
    found = []
    for line in (*_file("/proc/net/tcp").splitlines()[1:], *_file("/proc/net/tcp6").splitlines()[1:]):
        fields = line.split()
        address, _, port = fields[1].rpartition(":")
        if fields[3] == "0A" and int(port, 16) in {2375, 2377, 4243, 10255}:
            found.append(f"{'loopback' if address.endswith('0100007F') else 'every-address'}:{int(port, 16)}")
    return tuple(found)
