"""Get out through the kernel.

Where the kernel copies arguments before it asks for permission, a bad pointer or a nonsense flag is passed (as
bubblewrap's tests/try-syscall.c does): EFAULT, EINVAL, EBADF mean that the call reached the kernel, and nothing was
done; EPERM, EACCES and ENOSYS mean that a filter, or a check, answered first. The order of checks that makes each
call here harmless even for root is noted beside it.
"""

import ctypes
import errno
import fcntl
import os
import struct
import termios
from collections.abc import Callable
from functools import partial

from catalyst.canary.attempt import Answer, Attempt, Context, allowed, met, name_of, unknown
from catalyst.canary.native import CLONE_NEWNS, CLONE_NEWUSER, UnknownMachine, call

REFUSED = frozenset({errno.EPERM, errno.EACCES, errno.ENOSYS})
NAMESPACES_FULL = frozenset({errno.ENOSPC, errno.EUSERS})  # user.max_user_namespaces is 0 (user_namespaces(7))
PTRACE_SEIZE, SIGCHLD = 0x4206, 17
NONSENSE = 0x7FFF_0000
SYSLOG_ACTION_SIZE_BUFFER = 10


def reached(name: str, ask: Callable[[], int]) -> Answer:
    """Make a call that cannot succeed: refused is denied, every other error comes from inside."""
    try:
        ask()
    except UnknownMachine as error:
        return unknown(str(error))
    except OSError as error:
        if error.errno in REFUSED:
            return met(error, name)
        return allowed(f"{name} reaches the kernel, which found fault with the arguments only", error)
    return allowed(f"{name} works")


def _raw(name: str, ask: Callable[[], int], _: Context) -> Answer:
    return reached(name, ask)


def user_namespace(_: Context) -> Answer:
    """K5: in a new user namespace a user is root towards much of the kernel; most local exploits begin so."""
    return _permitted("making a user namespace", partial(call, "unshare", CLONE_NEWUSER))


def user_namespace_clone3(_: Context) -> Answer:
    """K5 by clone3(2), whose flags lie behind a pointer where seccomp cannot look: filters answer ENOSYS."""
    return _permitted("making a user namespace by clone3", _clone3)


def _clone3() -> int:
    arguments = struct.pack("8Q", CLONE_NEWUSER, 0, 0, 0, SIGCHLD, 0, 0, 0)
    child = call("clone3", arguments, len(arguments))
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return 0


def _permitted(what: str, make: Callable[[], int]) -> Answer:
    try:
        make()
    except UnknownMachine as error:
        return unknown(str(error))
    except OSError as error:
        if error.errno in NAMESPACES_FULL:
            return Answer("denied", f"{what}: this system allows none", name_of(error))
        return met(error, what)
    return allowed(f"{what} worked")


def mount_namespace(_: Context) -> Answer:
    """unshare(CLONE_NEWNS), of this short-lived child alone."""
    return _permitted("making a mount namespace", partial(call, "unshare", CLONE_NEWNS))


def first_process_namespaces(_: Context) -> Answer:
    """K3, I7: `nsenter -t 1`. The child that joins ends right after."""
    descriptor = os.open("/proc/1/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    return _permitted("entering pid 1's mount namespace", partial(call, "setns", descriptor, CLONE_NEWNS))


def trace_first_process(_: Context) -> Answer:
    """R9. PTRACE_SEIZE asks for the same permission as PTRACE_ATTACH and does not stop its target (ptrace(2))."""
    if os.getppid() == 1:
        return unknown("pid 1 is the canary itself here")
    return _permitted("tracing pid 1", partial(call, "ptrace", PTRACE_SEIZE, 1, None, None))


def first_process_memory(_: Context) -> Answer:
    """R9. The remote address is bad: EPERM and ESRCH come before it is looked at, EFAULT after."""
    if os.getppid() == 1:
        return unknown("pid 1 is the canary itself here")
    buffer = ctypes.create_string_buffer(8)
    local, remote = struct.pack("2Q", ctypes.addressof(buffer), 8), struct.pack("2Q", 8, 8)
    return reached("process_vm_readv", partial(call, "process_vm_readv", 1, local, 1, remote, 1, 0))


def terminal_input(_: Context) -> Answer:
    """K10, CVE-2017-5226: type into the terminal of whoever started the sandbox. The character is a bad pointer."""
    terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)  # ENXIO: there is none
    try:
        fcntl.ioctl(terminal, termios.TIOCSTI, 0)
    except OSError as error:
        if error.errno == errno.EIO:  # dev.tty.legacy_tiocsti is 0
            return Answer("denied", "TIOCSTI: this kernel has it switched off", "EIO")
        return allowed("TIOCSTI reaches the terminal", error) if error.errno == errno.EFAULT else met(error, "TIOCSTI")
    return allowed("TIOCSTI reaches the terminal")


def _attempt(key: str, title: str, name: str, *arguments: int | bytes | None, origin: str = "general") -> Attempt:
    """A call with those arguments; None is a bad pointer."""
    return Attempt(key, "kernel", title, origin, partial(_raw, f"{name}()", partial(call, name, *arguments)))


# A map of one number, gone with the child. kernel.unprivileged_bpf_disabled is asked only after the arguments, so
# they must be good ones (kernel/bpf/syscall.c, map_create).
BPF_MAP_CREATE, BPF_ARRAY = 0, struct.pack("4I", 2, 4, 4, 1).ljust(128, b"\0")
# A clock of its own child: software, disabled, without kernel and hypervisor. kernel.perf_event_paranoid is asked
# after the arguments too (perf_event_open(2)).
PERF_CLOCK = struct.pack("2I5Q", 1, 64, 0, 0, 0, 0, 1 | 1 << 5 | 1 << 6).ljust(64, b"\0")
# A handle of a type that no file system has: ESTALE, after CAP_DAC_READ_SEARCH was asked for (fs/fhandle.c).
AT_FDCWD, HANDLE = -100, struct.pack("Ii8x", 8, 0x7F)

ATTEMPTS = (
    Attempt("user-namespace", "kernel", "become root in a user namespace", "general", user_namespace),
    Attempt("user-namespace-clone3", "kernel", "become root in a user namespace, by clone3", "general",
            user_namespace_clone3),
    Attempt("mount-namespace", "kernel", "make a mount namespace", "general", mount_namespace),
    Attempt("enter-first-process", "kernel", "enter the first process's namespaces (nsenter -t 1)", "I7",
            first_process_namespaces),
    # no type: may_mount() answers EPERM, else do_new_mount() EINVAL (fs/namespace.c)
    _attempt("mount", "mount a file system", "mount", None, b"/\0", None, 0, None, origin="I7"),
    # no name: may_mount() first, EFAULT after it (fs/fsopen.c; pivot_root in fs/namespace.c)
    _attempt("fsopen", "mount a file system, by the new calls", "fsopen", None, 0),
    _attempt("pivot-root", "change the root of the file system", "pivot_root", None, None),
    Attempt("trace-first-process", "kernel", "take over the first process (ptrace)", "general", trace_first_process),
    Attempt("read-first-process", "kernel", "read the first process's memory (process_vm_readv)", "general",
            first_process_memory),
    _attempt("bpf", "load something into the kernel (bpf)", "bpf", BPF_MAP_CREATE, BPF_ARRAY, len(BPF_ARRAY)),
    _attempt("io-uring", "use io_uring, which filters cannot look into", "io_uring_setup", 1, None),
    # a nonsense flag beside UFFD_USER_MODE_ONLY: EINVAL
    _attempt("userfaultfd", "use userfaultfd, a helper of kernel exploits", "userfaultfd", NONSENSE | 1),
    _attempt("perf-event", "use the kernel's profiler (perf)", "perf_event_open", PERF_CLOCK, 0, -1, -1, 0),
    # KEYCTL_DESCRIBE of key 0, which no key has
    _attempt("keyctl", "look into the kernel's keyring", "keyctl", 6, 0, None, 0, 0),
    _attempt("add-key", "put something into the kernel's keyring", "add_key", None, None, None, 0, 0),
    # no image: may_init_module() first, then ENOEXEC for a length of 0
    _attempt("kernel-module", "load a kernel module", "init_module", None, 0, None),
    # CAP_SYS_BOOT first, then EINVAL for the flags; with good ones no segments would unload the crash kernel
    _attempt("kexec", "start another kernel", "kexec_load", 0, 64, None, NONSENSE),
    # CAP_SYS_BOOT first, then EINVAL: no magic number is 0
    _attempt("reboot", "reboot the machine", "reboot", 0, 0, 0, None),
    _attempt("file-handle", "open the host's files by handle", "open_by_handle_at", AT_FDCWD, HANDLE, 0,
             origin="CVE-2014-9356"),
    # a size is asked for, no message is read
    _attempt("kernel-log", "read the kernel's log", "syslog", SYSLOG_ACTION_SIZE_BUFFER, None, 0),
    Attempt("terminal-input", "kernel", "type into the terminal that started it", "CVE-2017-5226", terminal_input),
)  # fmt: skip
