"""The waist: a policy is a set of typed rules. Controls emit them, targets render them, nothing else lies between.

The union is closed. Rules of one type join to the stricter one; `join` is commutative, associative and idempotent, so
neither the order of controls nor saying a thing twice changes a policy (property tests in tests/unit/policy).
A new rule type is deliberately expensive: every target must say how it renders it, or mypy names the target.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Place(StrEnum):
    """What a directory of the workload is for; where it lies is the workload's business."""

    MODELS = "models"
    CUSTOM_NODES = "custom_nodes"
    INPUT = "input"
    OUTPUT = "output"
    USER = "user"
    CACHE = "cache"


class Namespace(StrEnum):
    """Linux namespaces a sandbox does not share with the host (namespaces(7)). `user` is a means, not a promise."""

    PID = "pid"
    IPC = "ipc"
    UTS = "uts"
    MOUNT = "mount"
    CGROUP = "cgroup"


class Reach(IntEnum):
    """Where the workload may connect, widest first."""

    INTERNET = 0
    BROKER = 1
    NOWHERE = 2


@dataclass(frozen=True, slots=True)
class Identity:
    """The workload's real uid and gid as the host sees them, or those a user namespace maps to the caller's."""

    uid: int
    gid: int

    def join(self, other: "Identity") -> "Identity":
        """Away from 0: a higher number is never more privileged."""
        return Identity(max(self.uid, other.uid), max(self.gid, other.gid))


@dataclass(frozen=True, slots=True)
class NoNewPrivileges:
    """execve never adds privileges (PR_SET_NO_NEW_PRIVS, prctl(2))."""

    def join(self, other: "NoNewPrivileges") -> "NoNewPrivileges":
        """It has one value."""
        return other


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Capabilities left in any set of the workload, by name without CAP_ (capabilities(7))."""

    kept: frozenset[str]

    def join(self, other: "Capabilities") -> "Capabilities":
        """Fewer."""
        return Capabilities(self.kept & other.kept)


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Namespaces of its own."""

    own: frozenset[Namespace]

    def join(self, other: "Namespaces") -> "Namespaces":
        """More."""
        return Namespaces(self.own | other.own)


@dataclass(frozen=True, slots=True)
class Network:
    """Where the workload may connect. Below INTERNET it has no interface but loopback."""

    reach: Reach

    def join(self, other: "Network") -> "Network":
        """Narrower."""
        return Network(max(self.reach, other.reach))


@dataclass(frozen=True, slots=True)
class ReadOnlyRoot:
    """The root file system cannot be written; only mounts named as writable can."""

    def join(self, other: "ReadOnlyRoot") -> "ReadOnlyRoot":
        """It has one value."""
        return other


@dataclass(frozen=True, slots=True)
class Writable:
    """The places on disk the workload may write."""

    places: frozenset[Place]

    def join(self, other: "Writable") -> "Writable":
        """Fewer."""
        return Writable(self.places & other.places)


@dataclass(frozen=True, slots=True)
class Scratch:
    """Memory-backed directories (/tmp, /scratch with HOME and ComfyUI's temp, /dev/shm): bytes each, may programs run."""

    bytes: int
    executable: bool

    def join(self, other: "Scratch") -> "Scratch":
        """Smaller, and executable only if both say so."""
        return Scratch(min(self.bytes, other.bytes), self.executable and other.executable)


@dataclass(frozen=True, slots=True)
class HiddenPaths:
    """Host paths that no mount may show, neither themselves nor a folder that holds them."""

    paths: frozenset[str]

    def join(self, other: "HiddenPaths") -> "HiddenPaths":
        """More."""
        return HiddenPaths(self.paths | other.paths)


@dataclass(frozen=True, slots=True)
class MaskedPaths:
    """Kernel files that show or change the host, covered inside the sandbox."""

    paths: frozenset[str]

    def join(self, other: "MaskedPaths") -> "MaskedPaths":
        """More."""
        return MaskedPaths(self.paths | other.paths)


@dataclass(frozen=True, slots=True)
class Limits:
    """Processes, bytes of memory, open files per process. Core dumps are always off: a core holds secrets."""

    processes: int
    memory: int
    files: int

    def join(self, other: "Limits") -> "Limits":
        """Lower, each for itself."""
        return Limits(
            min(self.processes, other.processes), min(self.memory, other.memory), min(self.files, other.files)
        )


@dataclass(frozen=True, slots=True)
class Devices:
    """GPU vendors whose device nodes are shown; every sandbox has null, zero, full, random, urandom, tty and ptys."""

    vendors: frozenset[str]

    def join(self, other: "Devices") -> "Devices":
        """Fewer."""
        return Devices(self.vendors & other.vendors)


@dataclass(frozen=True, slots=True)
class Umask:
    """Permission bits that new files never get (umask(2))."""

    mask: int

    def join(self, other: "Umask") -> "Umask":
        """More bits masked."""
        return Umask(self.mask | other.mask)


@dataclass(frozen=True, slots=True)
class CleanEnvironment:
    """No process of the sandbox, PID 1 included, is started with a variable of the caller's environment."""

    def join(self, other: "CleanEnvironment") -> "CleanEnvironment":
        """It has one value."""
        return other


@dataclass(frozen=True, slots=True)
class OwnTerminal:
    """The sandbox never holds the caller's terminal, so TIOCSTI cannot type into it (CVE-2017-5226)."""

    def join(self, other: "OwnTerminal") -> "OwnTerminal":
        """It has one value."""
        return other


@dataclass(frozen=True, slots=True)
class ForensicCleanup:
    """What the workload leaves behind stays off the disk or is wiped."""

    def join(self, other: "ForensicCleanup") -> "ForensicCleanup":
        """It has one value."""
        return other


# Two families, so that a renderer can be two functions: what a process is, and what it sees.
ProcessRule = (
    Identity | NoNewPrivileges | Capabilities | Namespaces | Limits | Umask | CleanEnvironment | OwnTerminal
)
ViewRule = (
    Network | ReadOnlyRoot | Writable | Scratch | HiddenPaths | MaskedPaths | Devices | ForensicCleanup
)
Rule = ProcessRule | ViewRule

RULE_TYPES: tuple[type[Rule], ...] = (
    Identity, NoNewPrivileges, Capabilities, Namespaces, Network, ReadOnlyRoot, Writable, Scratch, HiddenPaths,
    MaskedPaths, Limits, Devices, Umask, CleanEnvironment, OwnTerminal, ForensicCleanup,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stated:
    """A rule in force and the ids of the controls that asked for it, sorted."""

    rule: Rule
    controls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """At most one rule of each type, in the order of RULE_TYPES."""

    stated: tuple[Stated, ...]

    def __iter__(self) -> Iterator[Stated]:
        return iter(self.stated)

    def controls(self) -> tuple[str, ...]:
        """Ids of the controls that emitted a rule, sorted."""
        return tuple(sorted({control for one in self.stated for control in one.controls}))


@dataclass(frozen=True, slots=True)
class Enforced:
    """The layer holds the control."""


@dataclass(frozen=True, slots=True)
class Partly:
    """The layer holds the control except for `missing`."""

    missing: str


@dataclass(frozen=True, slots=True)
class NotEnforced:
    """The layer does nothing for the control, because of `why`."""

    why: str


Enforcement = Enforced | Partly | NotEnforced
