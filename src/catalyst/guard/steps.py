"""What the guard does to itself before it starts anything, and to the workload before it becomes its program.

The order of STEPS and WORKLOAD_STEPS is the security property. STEPS apply to the guard and are inherited by the
workload. `describe` says what a step will do; `apply` does it and asks the kernel where it can, because a call that
returned 0 proves nothing, or raises.
"""

import binascii
import errno
import os
import resource
from abc import ABC, abstractmethod
from collections.abc import Iterable

from catalyst.guard import landlock, syscalls
from catalyst.guard.plan import Plan


class StepFailed(RuntimeError):
    """A restriction could not be put in force; nothing may start."""


class Step(ABC):
    """One restriction. `guard` is a unix socket to the guard, in the workload's process where sockets are supervised."""

    def __init__(self, plan: Plan, guard: int | None = None) -> None:
        self.plan, self.guard = plan, guard

    @abstractmethod
    def describe(self) -> str:
        """One line: what `apply` does."""

    @abstractmethod
    def apply(self) -> None:
        """Put it in force. Raises OSError or StepFailed."""


class Keyring(Step):
    """Leave the caller's session keyring: keyrings have no namespace, and desktops keep tickets and tokens there.

    Where an outer filter refuses keyctl, the workload cannot reach one either; runc makes a new one by itself. gVisor has
    one keyring that nobody can leave (EACCES), and it is none of the host's.
    """

    def describe(self) -> str:
        return "join a new, empty session keyring"

    def apply(self) -> None:
        try:
            syscalls.new_session_keyring()
        except OSError as error:
            if error.errno not in {errno.EPERM, errno.ENOSYS, errno.EACCES}:
                raise


class Bounding(Step):
    """Empty the bounding set while CAP_SETPCAP is still there: afterwards no exec can bring a capability back."""

    def describe(self) -> str:
        return "drop every capability from the bounding set"

    def apply(self) -> None:
        if self.plan.no_capabilities and status("CapBnd") != "0" * 16:
            try:
                syscalls.drop_bounding_set()
            except PermissionError:
                # A container started without --cap-drop, not as root: the set stays, no_new_privs makes it harmless.
                if not self.plan.no_new_privileges:
                    raise


class SecureBits(Step):
    """Root is no name that brings capabilities, and none becomes ambient; locked (capabilities(7), securebits).

    NO_SETUID_FIXUP stays off: with it all capabilities would survive the change of user (measured, knowledge §7).
    """

    def describe(self) -> str:
        return "lock the secure bits: no capabilities for root's sake, none raised to ambient"

    def apply(self) -> None:
        if not self.plan.no_capabilities:
            return
        try:
            syscalls.prctl("PR_SET_SECUREBITS", syscalls.PR_SET_SECUREBITS, syscalls.SECURE_BITS)
        except OSError as error:
            # An empty bounding set leaves none to bring back, and no_new_privs makes what there is harmless.
            harmless = self.plan.no_new_privileges or status("CapBnd") == "0" * 16
            if error.errno not in {errno.EPERM, errno.EINVAL} or not harmless:  # EINVAL: gVisor has no such bits
                raise


class Identity(Step):
    """Become the workload's user, if we start as root; for good, groups included."""

    def describe(self) -> str:
        return f"become uid {self.plan.uid}, gid {self.plan.gid}, groups {list(self.plan.groups)}"

    def apply(self) -> None:
        uid, gid = self.plan.uid, self.plan.gid
        if uid is None and gid is None:
            return
        if uid is None or gid is None:
            raise StepFailed("identity: a user needs a group, and a group a user")
        if os.geteuid() == 0:
            os.setgroups(self.plan.groups)
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
        if 0 in (*os.getresuid(), *os.getresgid()):
            raise StepFailed("identity: still root")


class Capabilities(Step):
    """Empty the effective, permitted, inheritable and ambient sets.

    Explicit, because securebits (NO_SETUID_FIXUP) keep capabilities through setresuid (measured, knowledge §7).
    """

    def describe(self) -> str:
        return "empty the effective, permitted, inheritable and ambient capability sets"

    def apply(self) -> None:
        if not self.plan.no_capabilities:
            return
        sets = ["CapInh", "CapPrm", "CapEff", "CapAmb"]
        try:
            syscalls.prctl("PR_CAP_AMBIENT_CLEAR_ALL", syscalls.PR_CAP_AMBIENT, syscalls.PR_CAP_AMBIENT_CLEAR_ALL)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            sets.remove("CapAmb")  # gVisor has no ambient set; and none is larger than the permitted one, asked below
        syscalls.capset_none()
        for name in sets:
            if status(name) != "0" * 16:
                raise StepFailed(f"capabilities: {name} is {status(name)}")


class NoNewPrivileges(Step):
    """Exec never adds privileges again (prctl(2), PR_SET_NO_NEW_PRIVS)."""

    def describe(self) -> str:
        return "set no_new_privs"

    def apply(self) -> None:
        if self.plan.no_new_privileges:
            syscalls.prctl("PR_SET_NO_NEW_PRIVS", syscalls.PR_SET_NO_NEW_PRIVS, 1)
            if syscalls.prctl("PR_GET_NO_NEW_PRIVS", syscalls.PR_GET_NO_NEW_PRIVS) != 1:
                raise StepFailed("no_new_privs: the kernel did not keep it")


class Limits(Step):
    """Processes, open files, no core dumps (setrlimit(2)). A lower limit that is already there stays."""

    def describe(self) -> str:
        return f"at most {self.plan.processes} processes and {self.plan.files} open files, no core dump"

    def apply(self) -> None:
        for kind, most in (
            (resource.RLIMIT_NPROC, self.plan.processes),
            (resource.RLIMIT_NOFILE, self.plan.files),
            (resource.RLIMIT_CORE, 0),
        ):
            _, hard = resource.getrlimit(kind)
            limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (limit, limit))


class Umask(Step):
    """Permission bits that new files never get."""

    def describe(self) -> str:
        return f"umask {self.plan.umask:04o}"

    def apply(self) -> None:
        os.umask(self.plan.umask)


class Unreadable(Step):
    """No process of the same user can read or trace the guard. The workload's exec makes the workload readable again."""

    def describe(self) -> str:
        return "make the guard's memory unreadable (PR_SET_DUMPABLE 0)"

    def apply(self) -> None:
        syscalls.prctl("PR_SET_DUMPABLE", syscalls.PR_SET_DUMPABLE, 0)


class Landlock(Step):
    """What it may do with files and TCP, and whom it may reach (guard/landlock.py)."""

    def describe(self) -> str:
        files, tcp = self.plan.file_rules, self.plan.tcp_rules
        words = []
        if files:
            run = ", ".join((*files.execute, "the system's folders"))
            words.append(f"write only below {', '.join(files.write)}; run programs only below {run}")
            words += [f"open nothing below {', '.join(files.hidden)}"] if files.hidden else []
        if tcp:
            ports = "any port" if tcp.bind is None else ", ".join(map(str, tcp.bind)) or "no port"
            words.append(f"TCP: listen on {ports}, connect to {', '.join(map(str, tcp.connect)) or 'nothing'}")
        words += ["no signal to, and no abstract unix socket of, anybody outside"] if self.plan.scoped else []
        return "Landlock: " + ("; ".join(words) or "nothing asked for")

    def apply(self) -> None:
        landlock.restrict(self.plan.file_rules, self.plan.tcp_rules, scoped=self.plan.scoped)


class SupervisedSockets(Step):
    """TCP sockets are the guard's (guard/egress). With the listener the workload would answer itself: it is closed."""

    def describe(self) -> str:
        if self.plan.egress is None:
            return "TCP sockets: its own"
        way = f"elsewhere through {self.plan.egress.door}" if self.plan.egress.door else "nowhere else"
        return f"TCP sockets: made and connected by the guard, on loopback, and {way}"

    def apply(self) -> None:
        if self.plan.egress is None:
            return
        if self.guard is None:
            raise StepFailed("supervised sockets: nobody to supervise them")
        listener = syscalls.install_notifier(binascii.a2b_base64(self.plan.egress.filter))
        try:
            syscalls.send_descriptor(self.guard, listener)
        finally:
            os.close(listener)


class Filter(Step):
    """The system calls that are answered. Last of all: it refuses what was needed up to here."""

    def describe(self) -> str:
        if self.plan.filter is None:
            return "system calls: no filter asked for"
        return f"system calls: a filter of {len(binascii.a2b_base64(self.plan.filter)) // 8} instructions"

    def apply(self) -> None:
        if self.plan.filter is None:
            return
        syscalls.install_filter(binascii.a2b_base64(self.plan.filter))
        if status("Seccomp") != "2":
            raise StepFailed("filter: the kernel did not keep it")


STEPS: tuple[type[Step], ...] = (
    Keyring,
    Bounding,  # needs CAP_SETPCAP, so before the identity is given up
    SecureBits,  # the same
    Identity,
    Capabilities,
    NoNewPrivileges,  # after the identity: nothing before it executes a file
    Limits,  # after the identity: RLIMIT_NPROC counts the user's processes
    Umask,
    Unreadable,
)
# The workload's process alone: the guard stays outside, so that it cannot be traced or signalled from there.
WORKLOAD_STEPS: tuple[type[Step], ...] = (
    Landlock,
    SupervisedSockets,  # before the filter that refuses seccomp(2)
    Filter,
)


def status(name: str) -> str:
    """A field of /proc/self/status: what the kernel says is in force."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as lines:
        for line in lines:
            key, _, value = line.partition(":")
            if key == name:
                return value.strip()
    raise StepFailed(f"/proc/self/status has no {name}")


def describe(plan: Plan) -> list[str]:
    """What the guard does to itself and then to the workload, a line each, in order."""
    return [kind(plan).describe() for kind in (*STEPS, *WORKLOAD_STEPS)]


def confine(plan: Plan, kinds: Iterable[type[Step]] = STEPS, guard: int | None = None) -> None:
    """Apply every step in order. Raises StepFailed with the step's name."""
    for kind in kinds:
        try:
            kind(plan, guard).apply()
        except OSError as error:
            what = f"{error.filename}: " if error.filename else ""
            raise StepFailed(f"{kind.__name__.lower()}: {what}{error.strerror or error}") from error
