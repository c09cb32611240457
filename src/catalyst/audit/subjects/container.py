"""A container of docker or podman, running or not: what its engine says of it, and of a running one what the kernel
says."""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalyst.audit.facts import Container, Health, Memory, Mount, Port, Variable
from catalyst.audit.run import Subject
from catalyst.audit.subjects import words
from catalyst.engine import process
from catalyst.errors import CatalystError, SubjectUnreadable, plain, shown
from catalyst.guard.record import replace

HOST_PROCESSES = 4096
# What docker and podman leave a container without a word (moby, oci/caps/defaults.go).
DEFAULT = {"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW",
           "SETFCAP",
           "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"}  # fmt: skip
PRIVATE = {"", "private", "shareable", "none", "pod"}


def read(engine: str, name: str) -> Subject:
    """The facts of one container. Raises CatalystError where there is none, or its engine does not answer."""
    answer = process.run([engine, "inspect", "--type", "container", name])
    if answer.code == process.MISSING:
        raise CatalystError(f"{engine} is not installed", "name the other engine: --engine podman")
    if answer.code != 0:
        raise CatalystError(f"{engine} shows no container {shown(name)}: {plain(answer.err.strip())}",
                            f"{engine} ps --all")
    try:
        said = json.loads(answer.out)[0]
        facts = of(said, engine, _modules(engine))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise SubjectUnreadable(name, 0, f"{engine} answered something else than an inspection") from error
    pid = int(said.get("State", {}).get("Pid") or 0)
    undone = () if pid else ("the container does not run, so only what its engine was asked for was looked at",)
    return Subject(engine, name, (_seen(facts, pid),), undone)


def example(text: str) -> Container:
    """The container of a docker inspection that holds `text`, a part of HostConfig; for the examples of checks."""
    return of({"Name": "/comfyui", "Config": {}, "HostConfig": json.loads(text), "Mounts": []}, "docker", frozenset())


def of(said: Mapping[str, Any], engine: str, modules: frozenset[str] | None) -> Container:
    """From an inspection, as docker 20.10 and podman 4 write it."""
    host, config = said.get("HostConfig") or {}, said.get("Config") or {}
    security = tuple(host.get("SecurityOpt") or ())
    privileged = bool(host.get("Privileged"))
    spaces: dict[str, Any] = _namespaces(host) if engine == "docker" else _podmans(said, host)
    added, dropped = _capabilities(said, host)
    return Container(
        kind=engine, name=str(said.get("Name", "")).lstrip("/"), user=str(config.get("User") or "0"),
        privileged=privileged, added=added, dropped=dropped, no_new_privileges=words.no_new_privileges(security),
        seccomp="unconfined" if privileged else words.security(security, "seccomp"),
        apparmor=_apparmor(said, security, privileged), selinux=words.security(security, "label"),
        masked=not privileged and _masked(host, security), read_only=bool(host.get("ReadonlyRootfs")),
        network=_network(said, host), **spaces, cgroup_parent=str(host.get("CgroupParent") or ""),
        mounts=_mounts(said), devices=tuple(str(one.get("PathOnHost")) for one in host.get("Devices") or ()),
        device_rules=_rules(said, host, engine),
        ports=_ports(host), memory=int(host.get("Memory") or 0), cpus=_cpus(host), pids=_pids(host.get("PidsLimit")),
        restart=_restart(host), health=_health(config), environment=_environment(config),
        image=str(config.get("Image") or ""), command=_command(said), workdir=str(config.get("WorkingDir") or ""),
        tmpfs=tuple(Memory(path, str(options)) for path, options in (host.get("Tmpfs") or {}).items()),
        hosts=tuple(host.get("ExtraHosts") or ()), sysctls={**(host.get("Sysctls") or {})}, modules=modules,
    )  # fmt: skip


def _capabilities(said: Mapping[str, Any], host: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Added and dropped ones. podman lists what ALL means by name, and what is left in BoundingCaps: where that is no
    more than what was added, all others are gone; what is in it beyond the default was added, whatever was asked for."""
    added, dropped = (words.capabilities(host.get(key) or ()) or () for key in ("CapAdd", "CapDrop"))
    if "BoundingCaps" not in said:
        return added, dropped
    bounding = set(words.capabilities(said.get("BoundingCaps") or ()) or ())
    if (_asked(said, "--cap-drop") or "").upper() == "ALL":  # what it added of its own default, it lists as nothing
        return tuple(sorted({*added, *bounding})), ("ALL",)
    all_gone = bounding <= {*added, "NET_BIND_SERVICE"}  # the one that may come back
    return tuple(sorted({*added, *(bounding - DEFAULT)})), ("ALL",) if all_gone else dropped


def _asked(said: Mapping[str, Any], option: str) -> str | None:
    """What podman was asked for: its inspection says `shareable` of --ipc=host, and nothing of others. "" for nothing; None
    where it does not keep its command line, as of a container made through its interface."""
    given = [str(one) for one in (said.get("Config") or {}).get("CreateCommand") or ()]
    if not given:
        return None
    for word, following in zip(given, [*given[1:], ""], strict=True):
        if word == option or word.startswith(f"{option}="):
            return following if word == option else word.partition("=")[2]
    return ""


def _apparmor(said: Mapping[str, Any], security: tuple[str, ...], privileged: bool) -> str | None:
    asked = words.security(security, "apparmor")
    return "unconfined" if privileged and not asked else asked or str(said.get("AppArmorProfile") or "")


def _masked(host: Mapping[str, Any], security: tuple[str, ...]) -> bool:
    """docker writes `MaskedPaths: []` for systempaths=unconfined; podman keeps the option."""
    lists = [host[key] for key in ("MaskedPaths", "ReadonlyPaths") if key in host]
    return all(lists) and words.masked(security) is True


def _network(said: Mapping[str, Any], host: Mapping[str, Any]) -> str:
    """podman says `bridge` of every network; the names are elsewhere."""
    mode = str(host.get("NetworkMode") or "default")
    names = list((said.get("NetworkSettings") or {}).get("Networks") or ())
    if mode == "bridge" and names and names != ["bridge"]:
        return str(names[0])
    return "default" if mode == "bridge" else mode


def _podmans(said: Mapping[str, Any], host: Mapping[str, Any]) -> dict[str, str | None]:
    """Namespaces as podman was asked for them; what its inspection says of the host's counts too."""
    names = {"pid": "--pid", "ipc": "--ipc", "uts": "--uts", "userns": "--userns", "cgroupns": "--cgroupns"}
    found: dict[str, str | None] = {}
    for field, mode in _namespaces(host).items():
        asked = _asked(said, names[field])
        found[field] = mode or (None if asked is None else "" if asked in PRIVATE else asked)
    return found


def _namespaces(host: Mapping[str, Any]) -> dict[str, str]:
    names = {"pid": "PidMode", "ipc": "IpcMode", "uts": "UTSMode", "userns": "UsernsMode", "cgroupns": "CgroupnsMode"}
    said = {field: str(host.get(key) or "") for field, key in names.items()}
    return {field: "" if mode in PRIVATE else mode for field, mode in said.items()}


def _rules(said: Mapping[str, Any], host: Mapping[str, Any], engine: str) -> tuple[str, ...] | None:
    given = tuple(host.get("DeviceCgroupRules") or ())
    if engine == "docker" or given:
        return given
    asked = _asked(said, "--device-cgroup-rule")
    return None if asked is None else (asked,) if asked else ()


def _mounts(said: Mapping[str, Any]) -> tuple[Mount, ...]:
    """What is mounted, volumes left out; a volume of the driver `local` may be a folder of the host all the same."""
    return tuple(
        Mount(str(one.get("Source", "")), str(one.get("Destination", "")), not one.get("RW", True),
              str(one.get("Propagation") or ""))
        for one in said.get("Mounts") or () if one.get("Type") == "bind"
    )  # fmt: skip


def _ports(host: Mapping[str, Any]) -> tuple[Port, ...]:
    found = [
        Port(str(one.get("HostIp") or ""), str(one.get("HostPort") or ""), inside.partition("/")[0])
        for inside, given in (host.get("PortBindings") or {}).items()
        for one in given or ()
    ]
    return (*found, *([Port("", "*", "*")] if host.get("PublishAllPorts") else []))


def _cpus(host: Mapping[str, Any]) -> bool:
    return bool(host.get("NanoCpus") or host.get("CpuQuota") or host.get("CpusetCpus"))


def _pids(value: Any) -> int:
    return int(value) if value and int(value) > 0 else 0


def _restart(host: Mapping[str, Any]) -> str:
    policy = host.get("RestartPolicy") or {}
    name, times = str(policy.get("Name") or "no"), int(policy.get("MaximumRetryCount") or 0)
    return f"{name}:{times}" if times else name


def _health(config: Mapping[str, Any]) -> Health:
    said = config.get("Healthcheck") or {}
    times: dict[str, Any] = {key: float(said.get(word) or 0) / 1e9 for key, word in
             (("interval", "Interval"), ("timeout", "Timeout"), ("start", "StartPeriod"))}  # fmt: skip
    return Health(tuple(said.get("Test") or ()), **times, retries=int(said.get("Retries") or 0))


def _environment(config: Mapping[str, Any]) -> tuple[Variable, ...]:
    pairs = (str(one).partition("=") for one in config.get("Env") or ())
    return tuple(Variable(name, value) for name, _, value in pairs)


def _command(said: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(word) for word in (said.get("Path"), *(said.get("Args") or ())) if word)


def _modules(engine: str) -> frozenset[str] | None:
    """Security modules that the engine applies; None where it does not say."""
    if engine == "docker":
        answer = process.run(["docker", "info", "--format", "{{.SecurityOptions}}"])
    else:
        asked = "name=apparmor {{.Host.Security.AppArmorEnabled}} name=selinux {{.Host.Security.SELinuxEnabled}}"
        answer = process.run([engine, "info", "--format", asked])
    if answer.code != 0:
        return None
    said = answer.out.replace(" false", "-off")
    return frozenset(one for one in ("apparmor", "selinux") if f"name={one}" in said and f"name={one}-off" not in said)


def _seen(facts: Container, pid: int) -> Container:
    """What the host knows beyond the engine's words: where mounts lead to, what runs inside."""
    mounts = tuple(_looked_up(mount) for mount in facts.mounts or ())
    if not pid:
        return replace(facts, mounts=mounts)
    shared: dict[str, Any] = {field: "host" for field, name in NAMESPACES.items() if _same(pid, name)}
    return replace(facts, mounts=mounts, processes=_processes(pid), **shared)


# The engine's field and the kernel's name. Users are left out: without a mapping every container has the host's.
NAMESPACES = {"pid": "pid", "ipc": "ipc", "uts": "uts", "network": "net"}


def _same(pid: int, name: str) -> bool:
    """Is the namespace of PID 1 of the container the one of this program?"""
    try:
        return Path(f"/proc/{pid}/ns/{name}").readlink() == Path(f"/proc/self/ns/{name}").readlink()
    except OSError:
        return False


def _looked_up(mount: Mount) -> Mount:
    try:
        return replace(mount, real=os.path.realpath(mount.source),
                       socket=stat.S_ISSOCK(Path(mount.source).stat().st_mode))
    except OSError:
        return mount


def _processes(pid: int) -> tuple[str, ...] | None:
    """Names of all processes in the PID namespace of `pid`; None where this host does not show them."""
    try:
        namespace = Path(f"/proc/{pid}/ns/pid").readlink()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if (folder / "ns/pid").readlink() == namespace:
                    found.append((folder / "comm").read_text("utf-8", "replace").strip())
            except OSError:
                continue
        return tuple(sorted(found[:HOST_PROCESSES]))
    except OSError:
        return None
