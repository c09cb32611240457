"""Two containers for docker compose and podman-compose: `front` with gateway and broker, and the workload without a network;
where models are named, a third before the workload.

The workload's options are those of `docker run`, word for word, in compose's spelling (compose-spec.io); a word that has
none here stops the renderer. What docker run cannot say, compose cannot either: the gaps are its own.
"""

from collections.abc import Iterator, Mapping, Sequence

from catalyst.policy.model import Policy
from catalyst.render import container, two, yaml
from catalyst.render.dialects import DOCKER
from catalyst.render.session import SECCOMP_FILE
from catalyst.render.target import Facts, Rendered, Sandbox, Target
from catalyst.render.yaml import Node
from catalyst.workloads.model import DATA

HEADER = """\
# Made by `catalyst render compose`. Beside it belongs the filter of system calls: catalyst render seccomp > seccomp.json
# Start: docker compose up --detach. Log in: docker compose exec front catalyst token link
"""
ONE = {"--network": "network_mode", "--user": "user", "--ipc": "ipc", "--cgroupns": "cgroup", "--hostname": "hostname",
       "--shm-size": "shm_size", "--runtime": "runtime"}  # fmt: skip
NUMBER = {"--pids-limit": "pids_limit", "--memory": "mem_limit", "--memory-swap": "memswap_limit"}
MANY = {"--cap-drop": "cap_drop", "--cap-add": "cap_add", "--security-opt": "security_opt", "--tmpfs": "tmpfs",
        "--device": "devices", "--group-add": "group_add"}  # fmt: skip
GPUS = {"resources": {"reservations": {"devices": [{"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}]}}}


def render(policy: Policy, sandbox: Sandbox, facts: Facts) -> Rendered:
    """compose.yaml."""
    said = container.render(DOCKER, policy, sandbox, facts)
    uid, gid = two.user(policy)
    shared = two.sockets(policy)
    memory: dict[str, Node] = {
        name: {"driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": two.in_memory(name, uid, gid)}}
        for name in (*shared, *two.said(sandbox))
    }
    fetch = _fetch(sandbox, f"{uid}:{gid}")
    secrets = two.vault_files(sandbox) if fetch else two.secrets(policy, sandbox)
    document: Node = {
        "services": {
            "front": _front(policy, sandbox, f"{uid}:{gid}", shared),
            "workload": _workload(sandbox, said, shared, after=["fetch"] if fetch else []),
            **({"fetch": fetch} if fetch else {}),
        },
        "volumes": {"state": {}, **({"fetched": {}} if fetch else {}), **memory},
        **({"secrets": {name: {"file": path} for name, path in secrets.items()}} if secrets else {}),
    }
    return Rendered(text=HEADER + yaml.dump(document), gaps=said.gaps)


def _front(policy: Policy, sandbox: Sandbox, user: str, shared: Mapping[str, str]) -> Node:
    secrets = two.secrets(policy, sandbox)
    return {
        **_outside(sandbox, "front", user, two.fronts(policy, sandbox), [f"{sandbox.published}:{two.PORT}"]),
        "volumes": [f"state:{DATA}", *(f"{name}:{path}{':ro' if name == 'door' else ''}" for name, path in shared.items()),
                    *(f"{name}:{path}:ro" for name, path in two.said(sandbox).items()),
                    *(_bind(path, path, read_only=True) for path in two.certificates(sandbox))],
        **({"secrets": list(secrets)} if secrets else {}),
        "healthcheck": _health(two.front_asked(sandbox), two.FRONT_PATIENCE),
        "restart": "unless-stopped",
    }  # fmt: skip


def _outside(
    sandbox: Sandbox, role: str, user: str, environment: Mapping[str, Node], ports: list[Node] | None = None
) -> dict[str, Node]:
    """A container with a network and without the workload."""
    return {
        "image": sandbox.image,
        "command": [two.COMMAND, role],
        "user": user,
        "environment": environment,
        **({"ports": ports} if ports else {}),
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "read_only": True,
        "tmpfs": list(two.FRONT_TMPFS),
        "pids_limit": two.FRONT_PROCESSES,
        "mem_limit": two.FRONT_MEMORY,
    }


def _fetch(sandbox: Sandbox, user: str) -> "dict[str, Node]":
    """It ends when the models are there, or cannot be had; its broker and its tokens end with it. Empty without models."""
    folder, environment = two.models(sandbox), two.fetchers(sandbox)
    if not folder or not environment:
        return {}
    secrets = two.vault_files(sandbox)
    return {
        **_outside(sandbox, "fetch", user, environment),
        "volumes": [f"fetched:{DATA}", *(f"{name}:{path}" for name, path in two.said(sandbox).items()),
                    _bind(folder.source, folder.target, read_only=False),
                    *(_bind(path, path, read_only=True) for path in two.fetchers_files(sandbox))],
        **({"secrets": list(secrets)} if secrets else {}),
        "healthcheck": {"disable": True},
    }  # fmt: skip


def _workload(sandbox: Sandbox, said: Rendered, shared: Mapping[str, str], after: Sequence[str] = ()) -> Node:
    """`after`: services that are to have ended well before it starts."""
    service: dict[str, Node] = {
        "image": sandbox.image,
        "command": [two.COMMAND, "workload"],
        "depends_on": {"front": {"condition": "service_healthy"},
                       **{name: {"condition": "service_completed_successfully"} for name in after}},
    }  # fmt: skip
    volumes: list[Node] = [f"{name}:{path}{':ro' if name == 'out' else ''}" for name, path in shared.items()]
    environment = two.variables(sandbox)
    for key, value in _translated(said.argv, sandbox):
        if key == "mount":
            options = two.bind(value, sandbox)
            if options:
                volumes.append(_bind(options["source"], options["target"], read_only="readonly" in options))
        elif key == "environment":
            environment.setdefault(value.partition("=")[0], "")
        elif key == "ulimit":
            name, _, limits = value.partition("=")
            soft, _, hard = limits.partition(":")
            service["ulimits"] = {**_map(service.get("ulimits")), name: {"soft": int(soft), "hard": int(hard)}}
        elif key in NUMBER.values():
            service[key] = int(value)
        elif key in MANY.values():
            service[key] = [*_list(service.get(key)), value]
        elif key in {"read_only", "deploy"}:
            service[key] = True if key == "read_only" else GPUS
        else:
            service[key] = value
    health = _health(two.WORKLOAD_ASKED, two.WORKLOAD_PATIENCE)
    return {**service, "environment": environment, "volumes": volumes, "healthcheck": health, "restart": "unless-stopped"}


def _translated(argv: tuple[str, ...], sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    """Key and value for each word. Raises ValueError for one that is not known."""
    for option, value in two.words(argv, sandbox):
        if option == "--pull":
            continue  # an image that is missing is compose's to build or pull
        if option in MANY:
            yield MANY[option], value.replace(f"{sandbox.session}/{SECCOMP_FILE}", f"./{SECCOMP_FILE}")
        elif option in {"--mount", "--ulimit"}:
            yield option.removeprefix("--"), value
        elif option == "--env":
            yield "environment", value
        elif (option, value) in {("--read-only", ""), ("--gpus", "all")}:
            yield ("deploy" if value else "read_only"), ""
        elif option in ONE or option in NUMBER:
            yield {**ONE, **NUMBER}[option], value
        else:
            raise ValueError(f"compose has no word for {option}{f'={value}' if value else ''}")


def _bind(source: str, target: str, *, read_only: bool) -> Node:
    """A file or folder of the host, long form: short ones make what is missing, as root's."""
    return {"type": "bind", "source": source, "target": target, "bind": {"create_host_path": False}, "read_only": read_only}


def _health(asked: tuple[str, ...], start: int) -> Node:
    return {"test": ["CMD", *asked], "interval": two.ASKED_EVERY, "timeout": two.ANSWER_WITHIN, "retries": two.ASKED_TIMES,
            "start_period": f"{start}s"}  # fmt: skip


def _map(node: "Node | None") -> dict[str, Node]:
    return dict(node) if isinstance(node, dict) else {}


def _list(node: "Node | None") -> list[Node]:
    return list(node) if isinstance(node, list) else []


TARGET = Target("compose", "compose.yaml: front and workload, two containers", render, of_a_container=True)
