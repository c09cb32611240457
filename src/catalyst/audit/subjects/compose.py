"""A compose file: each service as a container (github.com/compose-spec/compose-spec).

Variables take their value from the .env file beside it or from their default; one that has neither leaves what it stands
in *not known*. Other files are followed by `compose_files`.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from catalyst.audit.facts import Container, Health, Memory, Mount, Port, Variable
from catalyst.audit.run import Subject
from catalyst.audit.subjects import documents, variables, words
from catalyst.audit.subjects.compose_files import Files, Load, nowhere
from catalyst.audit.subjects.documents import Map, Seq, line_of, truth
from catalyst.audit.subjects.variables import Unset
from catalyst.errors import SubjectUnreadable
from catalyst.guard.record import replace

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")


def read(data: bytes, name: str, env: bytes | None = None, load: Load = nowhere, *, part: bool = False) -> Subject:
    """The containers of a compose file; `load` reads the files that it is made of. A `part` that another one includes
    may have none. Raises SubjectUnreadable with the line."""
    found = documents.parse(documents.text_of(data, name), name)
    if len(found) != 1 or not isinstance(found[0], Map):
        raise SubjectUnreadable(name, 1, "not one mapping, as a compose file is")
    tree = found[0]
    services = tree.get("services")
    if services is None and (part or "include" in tree):
        services = tree["services"] = Map(1)
    elif not isinstance(services, Map) or not services:
        raise SubjectUnreadable(name, line_of(tree, "services") or 1, "no services in it")
    known = variables.of_file(env)
    variables.put_in(tree, known)
    files = Files(name, tree, known, load)
    included = files.includes()
    missing = [f"include of {one.path} (line {one.line}) is not followed: {one.why}" for one in included if one.why]
    undone, facts = list(missing), []
    for key in services:
        if not isinstance(services[key], Map):
            raise SubjectUnreadable(name, line_of(services, key), f"service {key} is no mapping")
        service, why = files.service(key)
        undone += [why] if why else []
        made = _Service(key, service, files, name, whole=not why).container(line_of(services, key))
        facts.append(replace(made, partial=why or (missing[0] if missing else "")))
    return Subject("compose", name, tuple(facts), tuple(undone), file=name,
                   parts=tuple(one.path for one in included if not one.why))  # fmt: skip


def example(text: str) -> Container:
    """The container of a service that is `text`, for the examples of checks."""
    body = "\n".join(f"    {line}" for line in text.splitlines())
    found: Container = read(f"services:\n  comfyui:\n{body}\n".encode(), "compose.yaml").facts[0]
    return found


class _Service:
    """One service. A field that holds a variable without a value, or is of another type, is not known."""

    def __init__(self, key: str, service: Map, files: Files, file: str, *, whole: bool) -> None:
        self._key, self._map, self._files, self._file, self._whole = key, service, files, file, whole
        deploy = service.get("deploy")
        resources = deploy.get("resources") if isinstance(deploy, Map) else None
        limits = resources.get("limits") if isinstance(resources, Map) else None
        self._limits = limits if isinstance(limits, Map) else Map(service.line)

    def container(self, line: int) -> Container:
        """The facts."""
        get, flag, items = self._text, self._flag, self._items
        security = items("security_opt", "")
        return Container(
            kind="compose", name=self._key, user=get("user", None), privileged=flag("privileged"),
            added=words.capabilities(items("cap_add", "")), dropped=words.capabilities(items("cap_drop", "")),
            no_new_privileges=words.no_new_privileges(security), seccomp=words.security(security, "seccomp"),
            apparmor=words.security(security, "apparmor"), selinux=words.security(security, "label"),
            masked=words.masked(security), read_only=flag("read_only"),
            network=self._network(), pid=get("pid", ""), ipc=words.own(get("ipc", "")), uts=get("uts", ""),
            userns=get("userns_mode", ""), cgroupns=words.own(get("cgroup", "")), cgroup_parent=get("cgroup_parent", ""),
            mounts=self._mounts(), devices=items("devices", "source"), device_rules=items("device_cgroup_rules", ""),
            ports=self._ports(), memory=self._memory(), cpus=self._cpus(),
                         pids=self._pids(),
            restart=self._restart(), health=self._health(), environment=self._environment(), image=self._image(),
            command=self._command(), workdir=get("working_dir", ""), tmpfs=self._tmpfs(), hosts=self._hosts(),
            sysctls=self._sysctls(), build=self._build(), lines={**self._map.lines, "": line},
        )  # fmt: skip

    def _missing(self, *keys: str) -> bool:
        return not self._whole and not any(key in self._map for key in keys)

    def _text(self, key: str, default: str | None) -> str | None:
        if key not in self._map:
            return None if self._missing(key) else default
        value = self._map[key]
        if isinstance(value, Unset | Map | Seq):
            return None
        return default if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    def _flag(self, key: str) -> bool | None:
        if key not in self._map:
            return None if self._missing(key) else False
        return truth(self._map[key])

    def _items(self, key: str, inside: str) -> tuple[str, ...] | None:
        """A list of words; of mappings in it the value of `inside`."""
        value = self._map.get(key)
        if value is None:
            return None if self._missing(key) else ()
        found = [one.get(inside) if isinstance(one, Map) else one
                 for one in (value if isinstance(value, Seq) else [value])]
        if any(one is None or isinstance(one, Unset | Map | Seq) for one in found):
            return None
        return tuple(str(one) for one in found)

    def _network(self) -> str | None:
        """network_mode; a network called host that is the engine's own host network is the host's too."""
        mode = self._text("network_mode", "")
        if mode or mode is None:
            return mode
        joined = self._map.get("networks")
        names = list(joined) if isinstance(joined, Map | Seq) else ["default"]
        known = self._files.top("networks")
        for name in names:
            network = known.get(name)
            if isinstance(network, Map) and "host" in {network.get("driver"), network.get("name")}:
                return "host"
        return None if self._missing("networks", "network_mode") else str(names[0]) if names else "default"

    def _mounts(self) -> tuple[Mount, ...] | None:
        value = self._map.get("volumes")
        if value is None:
            return None if self._missing("volumes") else ()
        found = []
        for at, one in enumerate(value if isinstance(value, Seq) else []):
            line = line_of(value, at)
            mount = words.long_mount(one, line) if isinstance(one, Map) else words.mount(str(one), line)
            source = one.get("source") if isinstance(one, Map) else one
            unset = isinstance(source, Unset) and source.startswith("$")
            found += [replace(mount, unset=unset)] if mount else []
        return (*found, *self._of_driver(found))

    def _of_driver(self, found: list[Mount]) -> list[Mount]:
        """A named volume may be a folder of the host all the same: driver_opts o=bind device=/."""
        result = []
        for name, volume in self._files.top("volumes").items():
            options = volume.get("driver_opts") if isinstance(volume, Map) else None
            used = [one for one in found if one.source == name]
            if isinstance(options, Map) and "bind" in str(options.get("o", "")) and used and options.get("device"):
                read_only = used[0].read_only or "ro" in str(options.get("o")).split(",")
                result.append(Mount(str(options["device"]), used[0].target, read_only, line=line_of(options, "device")))
        return result

    def _ports(self) -> tuple[Port, ...] | None:
        value = self._map.get("ports")
        if value is None:
            return None if self._missing("ports") else ()
        if not isinstance(value, Seq):
            return None
        found = []
        for at, one in enumerate(value):
            if isinstance(one, Map):
                found.append(Port(str(one.get("host_ip") or ""), str(one.get("published") or ""),
                                  str(one.get("target") or ""), line_of(value, at)))  # fmt: skip
            else:
                found.append(words.port(str(one), line_of(value, at)))
        return tuple(found)

    def _memory(self) -> int | None:
        value = self._limits.get("memory", self._map.get("mem_limit"))
        if value is None:
            return None if self._missing("mem_limit", "deploy") else 0
        return None if isinstance(value, Unset | Map | Seq) else words.size(str(value))

    def _cpus(self) -> bool | None:
        keys = ("cpus", "cpu_quota", "cpuset", "cpu_count")
        if "cpus" in self._limits or any(self._map.get(key) for key in keys):
            return True
        return None if self._missing(*keys, "deploy") else False

    def _pids(self) -> int | None:
        value = self._limits.get("pids", self._map.get("pids_limit"))
        if value is None:
            return None if self._missing("pids_limit", "deploy") else 0
        return words.number(value)

    def _restart(self) -> str | None:
        deploy = self._map.get("deploy")
        policy = deploy.get("restart_policy") if isinstance(deploy, Map) else None
        if isinstance(policy, Map):
            times = policy.get("max_attempts")
            return str(policy.get("condition", "any")) + (f":{times}" if times is not None else "")
        return self._text("restart", "no")

    def _health(self) -> Health | None:
        value = self._map.get("healthcheck")
        if value is None:
            return None  # the image may have one
        if not isinstance(value, Map):
            return None
        test = value.get("test")
        line = line_of(self._map, "healthcheck")
        if truth(value.get("disable")) or test in ("NONE", ["NONE"]):
            return Health(("NONE",), line=line)
        if test is None:
            return None
        command = tuple(str(one) for one in test) if isinstance(test, Seq) else ("CMD-SHELL", str(test))
        times: dict[str, Any] = {key: words.seconds(value.get(word)) for key, word in
                 (("interval", "interval"), ("timeout", "timeout"), ("start", "start_period"))}  # fmt: skip
        return Health(command, **times, retries=words.number(value.get("retries")) or 0, line=line)

    def _environment(self) -> tuple[Variable, ...] | None:
        value = self._map.get("environment")
        if value is None:
            return None if self._missing("environment") else ()
        found = []
        for at, one in enumerate(value):
            line = line_of(value, one if isinstance(value, Map) else at)
            given = value[one] if isinstance(value, Map) else None
            name, mark, text = (str(one), "=", given) if isinstance(value, Map) else str(one).partition("=")
            fine = bool(mark) and text is not None and not isinstance(given if isinstance(value, Map) else one, Unset)
            found.append(Variable(name, str(text) if fine else None, line))
        return tuple(found)

    def _image(self) -> str | None:
        return self._text("image", "" if "build" in self._map else None)

    def _build(self) -> str:
        """The Dockerfile's path beside the compose file; "" where there is none that could be read."""
        given = self._map.get("build")
        context = given.get("context", ".") if isinstance(given, Map) else given
        file = given.get("dockerfile", "Dockerfile") if isinstance(given, Map) else "Dockerfile"
        whole = isinstance(given, Map) and {"target", "dockerfile_inline"} & given.keys()
        if whole or not isinstance(context, str) or not isinstance(file, str):
            return ""
        if isinstance(context, Unset) or ":" in context:  # not known, or elsewhere
            return ""
        return str(PurePosixPath(self._file).parent / context / file)

    def _command(self) -> tuple[str, ...] | None:
        found: list[str] = []
        for key in ("entrypoint", "command"):
            value = self._map.get(key)
            if isinstance(value, Seq):
                found += [str(one) for one in value]
            elif value is not None:
                split = words.shell(str(value))
                if split is None:
                    return None
                found += split
        return tuple(found) if found or not self._missing("command") else None

    def _tmpfs(self) -> tuple[Memory, ...] | None:
        value = self._map.get("tmpfs")
        found = [words.memory(str(one), line_of(value, at) if isinstance(value, Seq) else line_of(self._map, "tmpfs"))
                 for at, one in enumerate(value if isinstance(value, Seq) else [value] if value else [])]  # fmt: skip
        return None if value is None and self._missing("tmpfs") else tuple(found)

    def _hosts(self) -> tuple[str, ...] | None:
        value = self._map.get("extra_hosts")
        if isinstance(value, Map):
            return tuple(f"{name}:{address}" for name, address in value.items())
        return self._items("extra_hosts", "")

    def _sysctls(self) -> Mapping[str, str] | None:
        value = self._map.get("sysctls")
        if isinstance(value, Seq):
            return {name: text for name, _, text in (str(one).partition("=") for one in value)}
        return {key: str(text) for key, text in value.items()} if isinstance(value, Map) else {}


