"""What is changed in a compose file, by check. What is not here needs somebody who knows what the program needs."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from catalyst.audit.checks import container_dangerous_capabilities, container_sysctls
from catalyst.audit.mend.layout import Change, Path
from catalyst.audit.mend.nodes import NotMended
from catalyst.audit.subjects import words
from catalyst.audit.subjects.documents import Map, Seq, truth

PROCESSES, USER, RESTART = 1024, "1000:1000", "on-failure:5"  # as the checks' own `fix` lines say
Plan = Callable[[Map, Path], Iterator[Change]]


def places(tree: list[Any], part: str) -> list[tuple[Any, Path]]:
    """The service of that name, and where it is. Raises NotMended where it is made of another one."""
    service = tree[0]["services"][part]
    if isinstance(service, Map) and "extends" in service:
        raise NotMended("the service extends another one, and what comes from there is mended there")
    return [(service, (0, "services", part))]


def _put(key: str, value: Any) -> Plan:
    def plan(_: Map, path: Path) -> Iterator[Change]:
        yield Change("set", (*path, key), value)

    return plan


def _add(key: str, value: str) -> Plan:
    def plan(service: Map, path: Path) -> Iterator[Change]:
        if isinstance(service.get(key), Seq) and service[key]:
            yield Change("append", (*path, key), value)
        else:
            yield Change("set", (*path, key), [value])

    return plan


def _without(key: str, wrong: Callable[[str], bool]) -> Plan:
    """Items of a list that are wrong go, the last one first, so that the numbers of the others stay."""

    def plan(service: Map, path: Path) -> Iterator[Change]:
        found = service.get(key)
        items = found if isinstance(found, Seq) else []
        for at in reversed(range(len(items))):
            if isinstance(items[at], str) and wrong(items[at]):
                yield Change("remove", (*path, key, at))

    return plan


def _option(name: str, *values: str) -> Plan:
    """A security option with one of these values goes; without values, every option of that name."""

    def wrong(text: str) -> bool:
        key, _, value = text.replace("=", ":", 1).partition(":")
        return key.strip() == name and (not values or value.strip() in values)

    return _without("security_opt", wrong)


def _no_new_privileges(service: Map, path: Path) -> Iterator[Change]:
    found = service.get("security_opt")
    for at, one in enumerate(found if isinstance(found, Seq) else []):
        if str(one).startswith("no-new-privileges"):
            yield Change("set", (*path, "security_opt", at), "no-new-privileges:true")
            return
    yield from _add("security_opt", "no-new-privileges:true")(service, path)


def _leads_out(name: str) -> bool:
    return set(words.capabilities([name]) or ()) <= container_dangerous_capabilities.OUT


def _masked(service: Map, path: Path) -> Iterator[Change]:
    def wrong(text: str) -> bool:
        return words.masked([text]) is False

    yield from _without("security_opt", wrong)(service, path)


def _processes(service: Map, path: Path) -> Iterator[Change]:
    inside: Any = service
    for key in ("deploy", "resources", "limits"):
        inside = inside.get(key) if isinstance(inside, Map) else None
    if isinstance(inside, Map) and "pids" in inside:
        yield Change("set", (*path, "deploy", "resources", "limits", "pids"), PROCESSES)
    else:
        yield Change("set", (*path, "pids_limit"), PROCESSES)


def _ports(service: Map, path: Path) -> Iterator[Change]:
    found = service.get("ports")
    for at, one in enumerate(found if isinstance(found, Seq) else []):
        where = (*path, "ports", at)
        if isinstance(one, Map):
            if one.get("host_ip") in (None, "", "0.0.0.0", "::"):  # noqa: S104 -- looked for, not listened on
                yield Change("set", (*where, "host_ip"), "127.0.0.1")
            continue
        text = str(one)
        port = words.port(text)
        if "$" not in text and port.address in {"", "0.0.0.0", "::"}:  # noqa: S104 -- looked for, not listened on
            protocol = text[len(text.partition("/")[0]) :]
            yield Change("set", where, f"127.0.0.1:{port.host}:{port.container}{protocol}")


def _times(service: Map, path: Path) -> Iterator[Change]:
    health = service["healthcheck"]
    interval, timeout = (words.seconds(health.get(key)) or 30 for key in ("interval", "timeout"))
    if interval > 300:
        yield Change("set", (*path, "healthcheck", "interval"), "30s")
    if timeout > min(60, interval):
        yield Change("set", (*path, "healthcheck", "timeout"), "3s")
    if (words.number(health.get("retries")) or 0) > 10:
        yield Change("set", (*path, "healthcheck", "retries"), 5)


def _gpu(service: Map, path: Path) -> Iterator[Change]:
    name, value = "NVIDIA_DRIVER_CAPABILITIES", "compute,utility"
    found = service.get("environment")
    if isinstance(found, Map):
        yield Change("set", (*path, "environment", name), value)
    for at, one in enumerate(found if isinstance(found, Seq) else []):
        if str(one).startswith(f"{name}="):
            yield Change("set", (*path, "environment", at), f"{name}={value}")


def _settings(service: Map, path: Path) -> Iterator[Change]:
    if isinstance(service.get("sysctls"), Map):
        raise NotMended("its kernel settings are a mapping; take the line away")
    yield from _without("sysctls", lambda text: text.partition("=")[0] not in container_sysctls.SAFE)(service, path)


def _shared(service: Map, path: Path) -> Iterator[Change]:
    for key in ("pid", "ipc"):
        if str(service.get(key, "")).startswith(("container:", "service:")):
            yield Change("set", (*path, key), "private" if key == "ipc" else "")


def _mounts(service: Map, path: Path) -> Iterator[Change]:
    for at, one in enumerate(service["volumes"]):
        where = (*path, "volumes", at)
        if isinstance(one, Map):
            if str((one.get("bind") or {}).get("propagation", "")).endswith("shared"):
                yield Change("set", (*where, "bind", "propagation"), "rprivate")
            continue
        source, _, options = str(one).rpartition(":")
        kept = [option for option in options.split(",") if not option.endswith("shared")]
        if len(kept) < len(options.split(",")):
            yield Change("set", where, f"{source}:{','.join(kept)}" if kept else source)


def _in_memory(service: Map, path: Path) -> Iterator[Change]:
    found = service.get("tmpfs")
    for at, one in enumerate(found if isinstance(found, Seq) else [found]):
        target, _, options = str(one).partition(":")
        if "exec" in options.split(","):
            new = f"{target}:{','.join('noexec' if word == 'exec' else word for word in options.split(','))}"
            yield Change("set", (*path, "tmpfs", at) if isinstance(found, Seq) else (*path, "tmpfs"), new)


def _restart(service: Map, path: Path) -> Iterator[Change]:
    if isinstance(service.get("deploy"), Map) and "restart_policy" in service["deploy"]:
        raise NotMended("deploy.restart_policy says it; set condition: on-failure and max_attempts: 5 there")
    yield Change("set", (*path, "restart"), RESTART)


def _false(service: Map, path: Path) -> Iterator[Change]:
    if truth(service.get("privileged")) is not False:
        yield Change("set", (*path, "privileged"), False)


PLANS: Mapping[str, Plan] = {
    "container-privileged": _false,
    "container-apparmor": _option("apparmor", "unconfined"),
    "container-capabilities-dropped": _add("cap_drop", "ALL"),
    "container-cgroup-parent": _put("cgroup_parent", ""),
    "container-dangerous-capabilities": _without("cap_add", _leads_out),
    "container-gpu-features": _gpu,
    "container-health-times": _times,
    "container-host-cgroups": _put("cgroup", "private"),
    "container-host-gateway": _without("extra_hosts", lambda one: one.endswith(("host-gateway", "169.254.169.254"))),
    "container-host-ipc": _put("ipc", "private"),
    "container-host-name": _put("uts", ""),
    "container-host-processes": _put("pid", ""),
    "container-host-users": _put("userns_mode", ""),
    "container-masked-paths": _masked,
    "container-memory-folder": _in_memory,
    "container-mount-propagation": _mounts,
    "container-no-new-privileges": _no_new_privileges,
    "container-processes": _processes,
    "container-published-port": _ports,
    "container-read-only": _put("read_only", True),
    "container-restart": _restart,
    "container-seccomp": _option("seccomp", "unconfined"),
    "container-selinux": _option("label", "disable", "type:spc_t", "type:unconfined_t"),
    "container-shared-namespace": _shared,
    "container-sysctls": _settings,
    "container-user": _put("user", USER),
}
