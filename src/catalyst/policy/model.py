"""The waist: a policy is a set of typed rules. Controls emit them, targets render them, nothing else lies between.

The union is closed. Rules of one type join to the stricter one; `join` is commutative, associative and idempotent, so
neither the order of controls nor saying a thing twice changes a policy (property tests in tests/unit/policy).
A new rule type is deliberately expensive: every target must say how it renders it, or mypy names the target.
"""

from collections.abc import Iterator
from enum import IntEnum, StrEnum

from catalyst.guard.record import Record


class Place(StrEnum):
    """What a directory of the workload is for; where it lies is the workload's business."""

    MODELS = "models"
    CUSTOM_NODES = "custom_nodes"
    PACKAGES = "packages"
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


class Tier(IntEnum):
    """Lists of system calls, widest first (policy/syscalls/tiers.py)."""

    NORMAL = 0
    HIGH = 1
    MAXIMUM = 2


class Identity(Record):
    """The workload's real uid and gid as the host sees them, or those a user namespace maps to the caller's."""

    uid: int
    gid: int

    def join(self, other: "Identity") -> "Identity":
        """Away from 0: a higher number is never more privileged."""
        return Identity(max(self.uid, other.uid), max(self.gid, other.gid))


class NoNewPrivileges(Record):
    """execve never adds privileges (PR_SET_NO_NEW_PRIVS, prctl(2))."""

    def join(self, other: "NoNewPrivileges") -> "NoNewPrivileges":
        """It has one value."""
        return other


class Capabilities(Record):
    """Capabilities left in any set of the workload, by name without CAP_ (capabilities(7))."""

    kept: frozenset[str]

    def join(self, other: "Capabilities") -> "Capabilities":
        """Fewer."""
        return Capabilities(self.kept & other.kept)


class Namespaces(Record):
    """Namespaces of its own."""

    own: frozenset[Namespace]

    def join(self, other: "Namespaces") -> "Namespaces":
        """More."""
        return Namespaces(self.own | other.own)


class Network(Record):
    """Where the workload may connect; it has no interface but loopback, and its only way out is the broker.

    `private`: with INTERNET, private address ranges too (RFC 1918, RFC 4193, RFC 6598); link-local addresses and cloud
    metadata never. `hosts`: with BROKER, the rules of the allow list (catalyst.egress.rules), and nothing else.
    """

    reach: Reach
    private: bool = False
    hosts: frozenset[str] = frozenset()

    def join(self, other: "Network") -> "Network":
        """Narrower; of two allow lists what stands on both, and a list is narrower than the internet."""
        reach = max(self.reach, other.reach)
        lists = [one.hosts for one in (self, other) if one.reach is Reach.BROKER]
        hosts = frozenset.intersection(*lists) if reach is Reach.BROKER else frozenset()
        return Network(reach, reach is Reach.INTERNET and self.private and other.private, hosts)


class ReadOnlyRoot(Record):
    """The root file system cannot be written; only mounts named as writable can."""

    def join(self, other: "ReadOnlyRoot") -> "ReadOnlyRoot":
        """It has one value."""
        return other


class Writable(Record):
    """The places on disk the workload may write."""

    places: frozenset[Place]

    def join(self, other: "Writable") -> "Writable":
        """Fewer."""
        return Writable(self.places & other.places)


class Scratch(Record):
    """Memory-backed directories (/tmp, /scratch with HOME and ComfyUI's temp, /dev/shm): bytes each, may programs run."""

    bytes: int
    executable: bool

    def join(self, other: "Scratch") -> "Scratch":
        """Smaller, and executable only if both say so."""
        return Scratch(min(self.bytes, other.bytes), self.executable and other.executable)


class Execution(Record):
    """May a program be run from a place or a scratch folder that the workload can write?"""

    from_writable: bool

    def join(self, other: "Execution") -> "Execution":
        """Only if both say so."""
        return Execution(self.from_writable and other.from_writable)


class HiddenPaths(Record):
    """Host paths that no mount may show, neither themselves nor a folder that holds them."""

    paths: frozenset[str]

    def join(self, other: "HiddenPaths") -> "HiddenPaths":
        """More."""
        return HiddenPaths(self.paths | other.paths)


class MaskedPaths(Record):
    """Kernel files that show or change the host, covered inside the sandbox."""

    paths: frozenset[str]

    def join(self, other: "MaskedPaths") -> "MaskedPaths":
        """More."""
        return MaskedPaths(self.paths | other.paths)


class Limits(Record):
    """Processes, bytes of memory, open files per process. Core dumps are always off: a core holds secrets."""

    processes: int
    memory: int
    files: int

    def join(self, other: "Limits") -> "Limits":
        """Lower, each for itself."""
        return Limits(
            min(self.processes, other.processes), min(self.memory, other.memory), min(self.files, other.files)
        )


class Devices(Record):
    """GPU vendors whose device nodes are shown; every sandbox has null, zero, full, random, urandom, tty and ptys."""

    vendors: frozenset[str]

    def join(self, other: "Devices") -> "Devices":
        """Fewer."""
        return Devices(self.vendors & other.vendors)


class Umask(Record):
    """Permission bits that new files never get (umask(2))."""

    mask: int

    def join(self, other: "Umask") -> "Umask":
        """More bits masked."""
        return Umask(self.mask | other.mask)


class CleanEnvironment(Record):
    """No process of the sandbox, PID 1 included, is started with a variable of the caller's environment."""

    def join(self, other: "CleanEnvironment") -> "CleanEnvironment":
        """It has one value."""
        return other


class OwnTerminal(Record):
    """The sandbox never holds the caller's terminal, so TIOCSTI cannot type into it (CVE-2017-5226)."""

    def join(self, other: "OwnTerminal") -> "OwnTerminal":
        """It has one value."""
        return other


class SystemCalls(Record):
    """Only the calls of a tier are answered; `datagrams`: UDP sockets may be made; `memory_programs`: a file in memory
    (memfd_create(2)) may be run as a program, which neither noexec nor Landlock stops."""

    tier: Tier
    datagrams: bool
    memory_programs: bool

    def join(self, other: "SystemCalls") -> "SystemCalls":
        """The shorter list, and the two others only if both say so."""
        return SystemCalls(
            max(self.tier, other.tier),
            self.datagrams and other.datagrams,
            self.memory_programs and other.memory_programs,
        )


# What a workload leaves behind at every level. Models, nodes and packages are what it is made of, and stay.
TRACES = frozenset({Place.INPUT, Place.OUTPUT, Place.USER, Place.CACHE})


class ForensicCleanup(Record):
    """TRACES are in memory, `bytes` each, but for those `on_disk`; of these the `kept` ones stay, the others are wiped
    when the run ends."""

    bytes: int
    on_disk: frozenset[Place] = frozenset()
    kept: frozenset[Place] = frozenset()

    def join(self, other: "ForensicCleanup") -> "ForensicCleanup":
        """Smaller, and on disk or kept only what both say."""
        return ForensicCleanup(min(self.bytes, other.bytes), self.on_disk & other.on_disk, self.kept & other.kept)


# Two families, so that a renderer can be two functions: what a process is, and what it sees.
ProcessRule = (
    Identity | NoNewPrivileges | Capabilities | Namespaces | Limits | Umask | CleanEnvironment | OwnTerminal
    | SystemCalls
)
ViewRule = (
    Network | ReadOnlyRoot | Writable | Scratch | Execution | HiddenPaths | MaskedPaths | Devices | ForensicCleanup
)
Rule = ProcessRule | ViewRule

RULE_TYPES: tuple[type[Rule], ...] = (
    Identity, NoNewPrivileges, Capabilities, SystemCalls, Namespaces, Network, ReadOnlyRoot, Writable, Scratch,
    Execution, HiddenPaths, MaskedPaths, Limits, Devices, Umask, CleanEnvironment, OwnTerminal, ForensicCleanup,
)  # fmt: skip


class Stated(Record):
    """A rule in force and the ids of the controls that asked for it, sorted."""

    rule: Rule
    controls: tuple[str, ...]


class Policy(Record):
    """At most one rule of each type, in the order of RULE_TYPES."""

    stated: tuple[Stated, ...]

    def __iter__(self) -> Iterator[Stated]:
        return iter(self.stated)

    def controls(self) -> tuple[str, ...]:
        """Ids of the controls that emitted a rule, sorted."""
        return tuple(sorted({control for one in self.stated for control in one.controls}))


class Enforced(Record):
    """The layer holds the control."""


class Partly(Record):
    """The layer holds the control except for `missing`."""

    missing: str


class NotEnforced(Record):
    """The layer does nothing for the control, because of `why`."""

    why: str


Enforcement = Enforced | Partly | NotEnforced
