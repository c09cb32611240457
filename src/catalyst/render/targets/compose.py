"""Two containers for docker compose and podman-compose: `front` with gateway and broker, and the workload without a network.

The workload's options are those of `docker run`, word for word, in compose's spelling (compose-spec.io); a word that has
none here stops the renderer. What docker run cannot say, compose cannot either: the gaps are its own.
"""

from collections.abc import Iterator

from catalyst.policy.model import Identity, Network, Policy, Reach
from catalyst.render import container, yaml
from catalyst.render.session import SECCOMP_FILE
from catalyst.render.target import Facts, Rendered, Sandbox, Target
from catalyst.render.yaml import Node
from catalyst.workloads import comfyui
from catalyst.workloads.model import DATA, DOOR, OUT

PORT = 8188  # of the interface in the container; which one it is outside is `ports`
CERTIFICATE = ("CATALYST_TLS_CERTIFICATE", "CATALYST_TLS_KEY")
FRONT_MEMORY, FRONT_PROCESSES = 2 << 30, 4096
HEADER = """\
# Made by `catalyst render compose`. Beside it belongs the filter of system calls: catalyst render seccomp > seccomp.json
# Start: docker compose up --detach. Log in: docker compose exec front catalyst token link
"""
# Words of `docker run` that are compose's own business, or its default.
LEFT_OUT = ("--rm", "--interactive", "--pull=never", "--log-driver=none", "--workdir=/", "--tty")
LEFT_OUT_WITH_VALUE = ("--name", "--label")
ONE = {"--network": "network_mode", "--user": "user", "--ipc": "ipc", "--cgroupns": "cgroup", "--hostname": "hostname",
       "--shm-size": "shm_size"}  # fmt: skip
NUMBER = {"--pids-limit": "pids_limit", "--memory": "mem_limit", "--memory-swap": "memswap_limit"}
MANY = {"--cap-drop": "cap_drop", "--cap-add": "cap_add", "--security-opt": "security_opt", "--tmpfs": "tmpfs",
        "--device": "devices", "--group-add": "group_add"}  # fmt: skip
GPUS = {"resources": {"reservations": {"devices": [{"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}]}}}

DIALECT = container.Dialect(
    program="docker", extra=(), user=lambda rule, _: (f"--user={rule.uid}:{rule.gid}",), nvidia=("--gpus=all",), tmpfs="",
    bind_noexec=False, read_only_is_recursive=False,
)  # fmt: skip


def render(policy: Policy, sandbox: Sandbox, facts: Facts) -> Rendered:
    """compose.yaml."""
    said = container.render(DIALECT, policy, sandbox, facts)
    uid, gid = next(((one.rule.uid, one.rule.gid) for one in policy if isinstance(one.rule, Identity)), (1000, 1000))
    way_out = any(isinstance(one.rule, Network) and one.rule.reach is not Reach.NOWHERE for one in policy)
    shared = {"door": DOOR, **({"out": OUT} if way_out else {})}
    document: Node = {
        "services": {
            "front": _front(sandbox, f"{uid}:{gid}", shared),
            "workload": _workload(sandbox, said, shared),
        },
        "volumes": {"state": {}, **{name: _in_memory(uid, gid) for name in shared}},
    }
    return Rendered(text=HEADER + yaml.dump(document), gaps=said.gaps)


def _front(sandbox: Sandbox, user: str, shared: dict[str, str]) -> Node:
    """It parses what strangers send and has the network: as little else as can be. The policy is the workload's, not its."""
    said = dict(sandbox.variables)
    files = [said[name] for name in CERTIFICATE if name in said]
    # asked from beside it, so whose certificate it has does not matter
    ask = ["curl", "-fsSk", f"https://127.0.0.1:{PORT}/healthz"] if sandbox.encrypted() else [
        "curl", "-fsS", f"http://127.0.0.1:{PORT}/healthz"]  # fmt: skip
    return {
        "image": sandbox.image,
        "command": ["catalyst-entrypoint", "front"],
        "user": user,
        "environment": said,
        "ports": [f"{sandbox.published}:{PORT}"],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "read_only": True,
        "tmpfs": ["/tmp:rw,nosuid,nodev,noexec,mode=1777,size=67108864", "/scratch:rw,nosuid,nodev,noexec,size=65536"],
        "pids_limit": FRONT_PROCESSES,
        "mem_limit": FRONT_MEMORY,
        "volumes": [f"state:{DATA}", *(f"{name}:{path}{':ro' if name == 'door' else ''}" for name, path in shared.items()),
                    *(_as_it_lies(path) for path in files)],
        # that it answers itself: whether ComfyUI does is the workload's to say
        "healthcheck": {"test": ["CMD", *ask], **_patience(30)},
        "restart": "unless-stopped",
    }


def _as_it_lies(path: str) -> Node:
    """A file of the host's that a variable names. The user of the container must be able to read it."""
    return {"type": "bind", "source": path, "target": path, "bind": {"create_host_path": False}, "read_only": True}


def _workload(sandbox: Sandbox, said: Rendered, shared: dict[str, str]) -> Node:
    service: dict[str, Node] = {
        "image": sandbox.image,
        "command": ["catalyst-entrypoint", "workload"],
        "depends_on": {"front": {"condition": "service_healthy"}},
    }
    volumes: list[Node] = [f"{name}:{path}{':ro' if name == 'out' else ''}" for name, path in shared.items()]
    environment = dict(sandbox.variables) | _code(sandbox)
    for key, value in _translated(said.argv, sandbox):
        if key == "mount":
            volumes += _bind(value, sandbox)
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
    # a start of ComfyUI with many nodes takes minutes; it is not ended for it
    health: Node = {"test": ["CMD", "catalyst", "health"], **_patience(600)}
    return {**service, "environment": environment, "volumes": volumes, "healthcheck": health, "restart": "unless-stopped"}


def _translated(argv: tuple[str, ...], sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    """Key and value for each word of `docker run`, up to the image. Raises ValueError for a word that is not known."""
    words = iter(argv[2:])
    for word in words:
        option, equals, value = word.partition("=")
        if word == f"--entrypoint={sandbox.python}":
            return
        if word in LEFT_OUT:
            continue
        if word in LEFT_OUT_WITH_VALUE:
            next(words)
        elif word == "--mount":
            yield "mount", next(words)
        elif option in MANY:
            value = value if equals else next(words)
            yield MANY[option], value.replace(f"{sandbox.session}/{SECCOMP_FILE}", f"./{SECCOMP_FILE}")
        elif word == "--read-only":
            yield "read_only", ""
        elif word == "--gpus=all":
            yield "deploy", ""
        elif option in {"--env", "--ulimit"}:
            yield ("environment" if option == "--env" else "ulimit"), value
        elif option in ONE or option in NUMBER:
            yield {**ONE, **NUMBER}[option], value
        else:
            raise ValueError(f"compose has no word for {word}")


def _bind(value: str, sandbox: Sandbox) -> Iterator[Node]:
    """A folder of the host, long form: short ones make what is missing, as root's. What Catalyst itself is made of, and what
    a start from the host writes anew each time, is in the image."""
    options = dict(part.partition("=")[::2] for part in value.split(","))
    if not options["source"].startswith((f"{sandbox.session}/", f"{sandbox.package}/")):
        yield {"type": "bind", "source": options["source"], "target": options["target"], "bind": {"create_host_path": False},
               "read_only": "readonly" in options}  # fmt: skip


def _code(sandbox: Sandbox) -> dict[str, str]:
    """Where ComfyUI and its interpreter are, if they are the host's."""
    targets = [mount.target for mount in sandbox.workload.mounts if mount.place is None]
    program = sandbox.workload.argv[0]
    found = {"COMFYUI_PATH": comfyui.CODE} if comfyui.CODE in targets else {}
    return {**found, **({"CATALYST_PYTHON": program} if any(program.startswith(f"{one}/") for one in targets) else {})}


def _in_memory(uid: int, gid: int) -> Node:
    """A folder for one socket, closed to everybody else. In memory, so that a crash leaves nothing; its size in pages, since
    podman takes "size" for a quota on a disk."""
    options = f"nr_blocks=16,mode=0700,uid={uid},gid={gid},noexec,nosuid,nodev"
    return {"driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": options}}


def _patience(start: int) -> dict[str, Node]:
    return {"interval": "5s", "timeout": "5s", "retries": 3, "start_period": f"{start}s"}


def _map(node: "Node | None") -> dict[str, Node]:
    return dict(node) if isinstance(node, dict) else {}


def _list(node: "Node | None") -> list[Node]:
    return list(node) if isinstance(node, list) else []


TARGET = Target("compose", "compose.yaml: front and workload, two containers", render, of_a_container=True)
