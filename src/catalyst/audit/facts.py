"""What checks look at: one record per kind of thing, filled by the readers in `subjects/`.

`None` is *not known*, never a default: a reader that knows a default (compose leaves `privileged` out and means false)
writes the default. Checks take fields through `model.known`, so what was not read is unknown by itself.
"""

from collections.abc import Mapping
from typing import Any

from catalyst.guard.record import Record


class Mount(Record):
    """A folder or file of the host inside. `real` is what `source` leads to where that could be looked up; `socket`: it
    is one, None where nobody looked. `unset`: the source has a variable without a value, so nobody knows what it is."""

    source: str
    target: str
    read_only: bool
    propagation: str = ""
    line: int = 0
    real: str = ""
    socket: bool | None = None
    unset: bool = False


class Port(Record):
    """A published port: the host's address (empty for all), its port, the container's port."""

    address: str
    host: str
    container: str
    line: int = 0


class Variable(Record):
    """A variable of the environment; `value` is None where it comes from elsewhere."""

    name: str
    value: str | None
    line: int = 0


class Memory(Record):
    """A folder in memory (tmpfs) and its options."""

    target: str
    options: str
    line: int = 0


class Health(Record):
    """A health check: what it runs, empty for none, ("NONE",) where it was switched off; times in seconds, 0 if not
    said."""

    test: tuple[str, ...]
    interval: float = 0
    timeout: float = 0
    start: float = 0
    retries: int = 0
    line: int = 0


class Container(Record):
    """How one container is, or is to be, started. Namespaces: "" is its own, "host" the host's, "container:X" another's.

    `seccomp`, `apparmor`: "" is the engine's default, "unconfined" none, else a name or file. `selinux`: "disable" or
    labels.
    `memory`, `pids` 0: no limit. `masked`: the kernel files that engines hide are hidden. `lines` gives a field's line.
    `modules` are the security modules the engine applies, `processes` the names of running programs. `build`: the
    Dockerfile it is built from, where that is named. `partial`: why more may be said of it elsewhere, so that nothing
    about it counts as held.
    """

    kind: str = "docker"
    name: str = ""
    user: str | None = None
    privileged: bool | None = None
    added: tuple[str, ...] | None = None
    dropped: tuple[str, ...] | None = None
    no_new_privileges: bool | None = None
    seccomp: str | None = None
    apparmor: str | None = None
    selinux: str | None = None
    read_only: bool | None = None
    network: str | None = None
    pid: str | None = None
    ipc: str | None = None
    uts: str | None = None
    userns: str | None = None
    cgroupns: str | None = None
    cgroup_parent: str | None = None
    mounts: tuple[Mount, ...] | None = None
    devices: tuple[str, ...] | None = None
    device_rules: tuple[str, ...] | None = None
    ports: tuple[Port, ...] | None = None
    memory: int | None = None
    cpus: bool | None = None
    pids: int | None = None
    restart: str | None = None
    health: Health | None = None
    environment: tuple[Variable, ...] | None = None
    image: str | None = None
    command: tuple[str, ...] | None = None
    workdir: str | None = None
    masked: bool | None = None
    tmpfs: tuple[Memory, ...] | None = None
    hosts: tuple[str, ...] | None = None
    sysctls: Mapping[str, str] | None = None
    modules: frozenset[str] | None = None
    processes: tuple[str, ...] | None = None
    build: str = ""
    partial: str = ""
    lines: Mapping[str, int] = {}

    def line(self, field: str) -> int:
        """Where that field stands; where it does not, the line the container begins at."""
        return self.lines.get(field) or self.lines.get("", 0)


class Instruction(Record):
    """One instruction of a Dockerfile: its name in capitals, flags, the text with variables put in, the words as far as
    they are plain, its first line, the stage it is in; `heredocs` are the texts that follow it. `unresolved`: a variable
    in it has no value."""

    name: str
    flags: Mapping[str, str]
    text: str
    line: int
    stage: int
    heredocs: tuple[str, ...] = ()
    words: tuple[str, ...] | None = None
    unresolved: bool = False

    def shell(self) -> str:
        """All that a RUN gives to its shell."""
        return "\n".join((self.text, *self.heredocs))


class Stage(Record):
    """One FROM: what it starts from, its name, its line; `parent` is the stage it continues, -1 if none."""

    base: str
    name: str
    line: int
    parent: int
    unresolved: bool = False


class Dockerfile(Record):
    """The instructions of a Dockerfile in order, and its stages; `ignore` are the lines of its .dockerignore."""

    kind: str = "dockerfile"
    name: str = ""
    instructions: tuple[Instruction, ...] | None = None
    stages: tuple[Stage, ...] | None = None
    ignore: tuple[str, ...] | None = None


class Pod(Record):
    """A pod's specification in a Kubernetes object, as parsed, with the pod's annotations. `line` of the object;
    `version`
    of the Pod Security Standards it is held against."""

    kind: str = "kubernetes"
    name: str = ""
    spec: Any = None
    annotations: Mapping[str, Any] | None = None
    namespace: str = ""
    line: int = 0
    version: tuple[int, int] = (1, 37)


class Manifests(Record):
    """The objects of one file as parsed, and `every` object of the files audited together with it."""

    kind: str = "kubernetes"
    name: str = ""
    objects: tuple[Any, ...] | None = None
    every: tuple[Any, ...] = ()


class ImageFile(Record):
    """A file of an image whose mode, name or content matters: owner, permission bits, kind as in stat(2)."""

    path: str
    mode: int
    uid: int
    gid: int
    secret: str = ""


class Image(Record):
    """What an image says of itself, and what lies in it. `files` are those that matter: setuid, world-writable, secret.
    `deleted_secrets` lie in a lower layer and are hidden by a later one."""

    kind: str = "image"
    name: str = ""
    config: Mapping[str, Any] | None = None
    history: tuple[str, ...] | None = None
    files: tuple[ImageFile, ...] | None = None
    passwd: tuple[str, ...] | None = None
    shadow: tuple[str, ...] | None = None
    packages: Mapping[str, str] | None = None
    package_lists: tuple[str, ...] | None = None


class ComfyUI(Record):
    """A ComfyUI checkout: versions as text ("" where it is not there), Manager's level, packs with the digest of their
    files, and what was recorded for them before (None: nothing was ever recorded)."""

    kind: str = "comfyui"
    name: str = ""
    version: str | None = None
    manager: str | None = None
    manager_level: str | None = None
    torch: str | None = None
    impact_pack: str | None = None
    packs: Mapping[str, str] | None = None
    recorded: Mapping[str, str] | None = None


class Host(Record):
    """This machine: kernel settings by name, versions of engine parts, what the daemon says of itself."""

    kind: str = "host"
    name: str = ""
    settings: Mapping[str, str] | None = None
    versions: Mapping[str, str] | None = None
    daemon: Mapping[str, Any] | None = None
    sockets: Mapping[str, int] | None = None
    listens: tuple[str, ...] | None = None


class Text(Record):
    """A text that somebody wrote, and the files beside it that scanners would obey."""

    kind: str = "text"
    name: str = ""
    lines: tuple[str, ...] | None = None
    beside: tuple[str, ...] | None = None


class Promise(Record):
    """One thing the policy renders for an instance, and what is there: `wanted` and `found` in words, with the control
    that asked for it. `found` is None where it cannot be seen from here."""

    control: str
    what: str
    wanted: str
    found: str | None
    right: bool


class Instance(Record):
    """A running instance of Catalyst: what was promised, control by control, the last `catalyst verify`, and files of
    the kernel that stay open because the engine's own list lacks them."""

    kind: str = "instance"
    name: str = ""
    promises: tuple[Promise, ...] | None = None
    open_files: tuple[str, ...] | None = None
    verified: Mapping[str, str] | None = None
    engine: str = ""
    level: str = ""
    network: str = ""


class Exempt(Record):
    """One `[[accept]]` of catalyst.toml: the check it is about, why, until when (a day, the last one it holds), for which
    subjects (a pattern of names); whether that day is over, and whether there is such a check."""

    id: str
    reason: str
    until: str
    subject: str
    expired: bool
    known: bool


class Exceptions(Record):
    """All exceptions that the owner wrote."""

    kind: str = "settings"
    name: str = ""
    entries: tuple[Exempt, ...] | None = None


class Reported(Record):
    """One thing that another program found: its own id for it, how bad, in our words, the line, what it says."""

    id: str
    severity: str
    text: str
    line: int = 0


class Vulnerabilities(Record):
    """What a scanner found of known vulnerabilities; `found` is None where it was not done. `by` names program, version,
    digest and the day of its database."""

    kind: str = "vulnerabilities"
    name: str = ""
    by: str = ""
    found: tuple[Reported, ...] | None = None


class Lint(Record):
    """What another linter found in a file that no check of ours found there too."""

    kind: str = "lint"
    name: str = ""
    by: str = ""
    found: tuple[Reported, ...] | None = None
