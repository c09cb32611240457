"""Two containers as units of podman's quadlet, for systemd users (podman-systemd.unit(5), of podman 4.9 and newer).

The workload's options are those of `podman run`, word for word, as keys that 4.9 documents; where it has none, or one that
keeps the last of several, the word itself is in PodmanArgs=. A word that is not known stops the renderer. The text is one
file of several units as `podman quadlet install` takes it (podman-quadlet-install(1), 5.8); docs: containers.md.
"""

from collections.abc import Iterator, Mapping

from catalyst.errors import SETTINGS, UNENFORCEABLE, USAGE
from catalyst.guard.record import replace
from catalyst.policy.model import Policy
from catalyst.render import container, mounts, two, unit
from catalyst.render.dialects import PODMAN
from catalyst.render.session import SECCOMP_FILE
from catalyst.render.target import Facts, Rendered, Sandbox, Target
from catalyst.render.unit import Keys, literal, word
from catalyst.workloads.model import DATA, Mount

NAME = "catalyst"
FRONT, WORKLOAD, FETCH, NETWORK = f"{NAME}-front", f"{NAME}-workload", f"{NAME}-fetch", NAME
# %E is ~/.config of a user, /etc for the system: where quadlet looks for units of both.
SECCOMP = f"%E/containers/systemd/{NAME}-{SECCOMP_FILE}"
VALUE = {"--network": "Network", "--hostname": "HostName", "--shm-size": "ShmSize", "--pids-limit": "PidsLimit",
         "--pull": "Pull", "--tmpfs": "Tmpfs", "--read-only-tmpfs": "ReadOnlyTmpfs", "--userns": "UserNS",
         "--cap-drop": "DropCapability", "--cap-add": "AddCapability", "--device": "AddDevice"}  # fmt: skip
# Ulimit= keeps one of several in 4.9, and the others are younger.
AS_THEY_ARE = frozenset({"--http-proxy", "--ipc", "--cgroupns", "--memory", "--memory-swap", "--ulimit", "--group-add",
                         "--runtime", "--runtime-flag"})
# Podman's copy of /etc/hosts stays: nothing of ours is mounted over it here, and without one there is no localhost.
LEFT_OUT = frozenset({"--no-hosts"})
HOPELESS = (USAGE, SETTINGS, UNENFORCEABLE)  # exit codes that another try does not change
INSTALL: Keys = [("WantedBy", "default.target")]


def render(policy: Policy, sandbox: Sandbox, facts: Facts) -> Rendered:
    """The units, for systemd's user manager unless root renders them. Raises PathRefused."""
    facts = replace(facts, rootless=not facts.root)
    said = container.render(PODMAN, policy, sandbox, facts)
    shown = {**_files(policy, sandbox), **(_fetch_files(sandbox) if two.fetchers(sandbox) else {})}
    mounts.inspect(Policy(()), [Mount(source, target) for target, source in shown.items()])
    identity = list(_identity(said.argv, sandbox))
    # a user's own number is 0 where podman mounts, and what keep-id makes of it in the container
    owner = (0, 0) if facts.rootless else two.user(policy)
    shared = two.sockets(policy)
    units: dict[str, dict[str, Keys]] = {
        FRONT: _front(policy, sandbox, identity, shared),
        WORKLOAD: _workload(sandbox, said, shared),
        NETWORK: {"Network": [("NetworkName", NAME)]},
        f"{NAME}-state": {"Volume": [("VolumeName", f"{NAME}-state")]},
    }
    if fetch := _fetch(sandbox, identity):
        units |= {FETCH: fetch, f"{NAME}-fetched": {"Volume": [("VolumeName", f"{NAME}-fetched")]}}
    for name in (*shared, *two.said(sandbox)):
        units[f"{NAME}-{name}"] = {"Volume": [("VolumeName", f"{NAME}-{name}"), ("Type", "tmpfs"), ("Device", "tmpfs"),
                                              ("Options", two.in_memory(name, *owner))]}  # fmt: skip
    texts = [f"# FileName={name}\n{unit.write(sections)}" for name, sections in units.items()]
    return Rendered(text="---\n".join(texts), gaps=said.gaps)


def _files(policy: Policy, sandbox: Sandbox) -> dict[str, str]:
    """Where front is shown a file of the host, and which."""
    secrets = {f"{two.SECRETS}/{name}": path for name, path in two.secrets(policy, sandbox).items()}
    return {**{path: path for path in two.certificates(sandbox)}, **secrets}


def _fetch_files(sandbox: Sandbox) -> dict[str, str]:
    """The same of the models' container."""
    secrets = {f"{two.SECRETS}/{name}": path for name, path in two.vault_files(sandbox).items()}
    return {**{path: path for path in two.fetchers_files(sandbox)}, **secrets}


def _front(policy: Policy, sandbox: Sandbox, identity: Keys, shared: Mapping[str, str]) -> dict[str, Keys]:
    keys = [
        *_common(FRONT, sandbox, "front"),
        *identity,
        *_outside(),
        ("Network", f"{NETWORK}.network"), ("PublishPort", f"{sandbox.published}:{two.PORT}"),
        *(("Tmpfs", f"{one}{PODMAN.tmpfs}") for one in two.FRONT_TMPFS),
        ("Volume", f"{NAME}-state.volume:{DATA}"),
        *_sockets({**shared, **two.said(sandbox)}, "door", "said"),
        *_shown(_files(policy, sandbox), two.fronts(policy, sandbox)),
        *_health(two.front_asked(sandbox), two.FRONT_PATIENCE),
        ("Notify", "healthy"),  # from 5.0 on the workload waits for that; 4.9 takes it for its default
    ]  # fmt: skip
    return {"Container": keys, "Unit": [("Description", "Catalyst: gateway and broker")], "Service": _service(),
            "Install": INSTALL}  # fmt: skip


def _outside() -> Keys:
    """Of a container with a network and without the workload."""
    return [
        ("NoNewPrivileges", "true"), ("DropCapability", "ALL"), ("ReadOnly", "true"), ("ReadOnlyTmpfs", "false"),
        ("PidsLimit", str(two.FRONT_PROCESSES)), ("PodmanArgs", f"--memory={two.FRONT_MEMORY}"),
        ("PodmanArgs", "--http-proxy=false"),
    ]  # fmt: skip


def _shown(files: Mapping[str, str], environment: Mapping[str, str]) -> Keys:
    mounted = [("Mount", word(f"type=bind,source={path},target={target},readonly")) for target, path in files.items()]
    return [*mounted, *(("Environment", word(f"{name}={value}")) for name, value in environment.items())]


def _fetch(sandbox: Sandbox, identity: Keys) -> dict[str, Keys]:
    """It has ended before the workload starts, and counts as started until it is stopped. Empty without models."""
    folder, environment = two.models(sandbox), two.fetchers(sandbox)
    if not folder or not environment:
        return {}
    keys = [
        *_common(FETCH, sandbox, "fetch"),
        *identity,
        *_outside(),
        ("Network", f"{NETWORK}.network"),
        *(("Tmpfs", f"{one}{PODMAN.tmpfs}") for one in two.FRONT_TMPFS),
        ("Volume", f"{NAME}-fetched.volume:{DATA}"),
        ("Mount", word(f"type=bind,source={folder.source},target={folder.target}")),
        *_sockets(two.said(sandbox)),
        *_shown(_fetch_files(sandbox), environment),
        ("HealthCmd", "none"),
    ]
    return {"Container": keys, "Unit": [("Description", "Catalyst: models")],
            "Service": [("Type", "oneshot"), ("RemainAfterExit", "yes")]}  # fmt: skip


def _workload(sandbox: Sandbox, said: Rendered, shared: Mapping[str, str]) -> dict[str, Keys]:
    keys = [
        *_common(WORKLOAD, sandbox, "workload"),
        *_identity(said.argv, sandbox),
        *_translated(said.argv, sandbox),
        *_sockets(shared, "out"),
        *(("Environment", word(f"{name}={value}")) for name, value in two.variables(sandbox).items()),
        *_health(two.WORKLOAD_ASKED, two.WORKLOAD_PATIENCE),
        ("PodmanArgs", f"--stop-timeout={sandbox.workload.grace + 20}"),
    ]
    before = " ".join(f"{name}.service" for name in (FRONT, *((FETCH,) if two.fetchers(sandbox) else ())))
    about = [("Description", "Catalyst: ComfyUI"), ("Requires", before), ("After", before)]
    return {"Container": keys, "Unit": about, "Service": _service(), "Install": INSTALL}


def _common(name: str, sandbox: Sandbox, role: str) -> Keys:
    """An image that is not here is not fetched: its short name could be anybody's."""
    return [("ContainerName", name), ("Image", literal(sandbox.image)), ("Pull", "never"), ("Exec", f"{two.COMMAND} {role}")]


def _identity(argv: tuple[str, ...], sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    """The two containers are the same user in the same mapping, or neither could use the other's socket."""
    for option, value in two.words(argv, sandbox):
        if option == "--user":
            uid, _, gid = value.partition(":")
            yield from (("User", uid), ("Group", gid))
        elif option == "--userns":
            yield VALUE[option], value


def _translated(argv: tuple[str, ...], sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    """Key and value for each further word. Raises ValueError for one that is not known."""
    for option, value in two.words(argv, sandbox):
        if option in LEFT_OUT or option in {"--user", "--userns", "--pull"}:
            continue  # said already
        if option == "--mount":
            if two.bind(value, sandbox):
                yield "Mount", word(value)
        elif option == "--security-opt":
            yield _security(value, sandbox)
        elif option == "--env":
            yield "Environment", word(value)
        elif (option, value) == ("--read-only", ""):
            yield "ReadOnly", "true"
        elif option in AS_THEY_ARE:
            yield "PodmanArgs", word(f"{option}={value}")
        elif option in VALUE:
            yield VALUE[option], literal(value)
        else:
            raise ValueError(f"quadlet has no word for {option}{f'={value}' if value else ''}")


def _security(value: str, sandbox: Sandbox) -> tuple[str, str]:
    if value == "no-new-privileges":
        return "NoNewPrivileges", "true"
    if value == f"seccomp={sandbox.session}/{SECCOMP_FILE}":
        return "SeccompProfile", SECCOMP
    return "PodmanArgs", word(f"--security-opt={value}")


def _sockets(shared: Mapping[str, str], *read_only: str) -> Iterator[tuple[str, str]]:
    """What a mount forbids already is said again: in a mapping of users below the one it was made in, a bind that leaves
    it out would lift it, and the kernel refuses (mount_namespaces(7), "locked")."""
    for name, path in shared.items():
        yield "Volume", f"{NAME}-{name}.volume:{path}:{'ro,' if name in read_only else ''}noexec,nosuid,nodev"


def _health(asked: tuple[str, ...], start: int) -> Keys:
    listed = ", ".join(f'"{one}"' for one in asked)
    return [("HealthCmd", f"[{listed}]"), ("HealthInterval", two.ASKED_EVERY), ("HealthTimeout", two.ANSWER_WITHIN),
            ("HealthRetries", str(two.ASKED_TIMES)), ("HealthStartPeriod", f"{start}s")]  # fmt: skip


def _service() -> Keys:
    """Like compose's unless-stopped, but not for ever where only the owner can change something."""
    return [("Restart", "always"), ("RestartPreventExitStatus", " ".join(map(str, HOPELESS)))]


TARGET = Target("quadlet", "units of podman's quadlet: front and workload, two containers", render, of_a_container=True)
