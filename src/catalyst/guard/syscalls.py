"""System calls the standard library lacks: the only user of ctypes. One wrapper per call; its error names the call."""

import ctypes
import errno
import os
import struct

from catalyst.guard.record import Record

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_READ, PR_CAPBSET_DROP = 1, 4, 23, 24
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS = 36, 38, 39
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
PR_GET_SECUREBITS, PR_SET_SECUREBITS = 27, 28
SECURE_BITS = 0b1110_0011  # NOROOT, NO_CAP_AMBIENT_RAISE, both locked, and KEEP_CAPS locked off (linux/securebits.h)
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _failed(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")


def prctl(name: str, option: int, argument: int = 0) -> int:
    """prctl(2); `name` is the option as the manual page writes it, for the error."""
    result: int = _libc.prctl(
        ctypes.c_int(option), ctypes.c_ulong(argument), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)
    )
    if result < 0:
        raise _failed(f"prctl({name})")
    return result


MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4


def lock_memory() -> None:
    """Keep what this process has in memory, and will have, out of swap (mlockall(2)); what it never touches takes nothing.

    Raises OSError: ENOMEM over RLIMIT_MEMLOCK, EPERM where that is 0.
    """
    if _libc.mlockall(ctypes.c_int(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) < 0:
        raise _failed("mlockall")


def capset_none() -> None:
    """Empty effective, permitted and inheritable capabilities of this thread (capset(2))."""
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    if _libc.capset(ctypes.c_char_p(header), ctypes.c_char_p(bytes(24))) < 0:
        raise _failed("capset")


def install_filter(program: bytes) -> None:
    """Put a seccomp filter in force on this thread, for good (prctl(2), PR_SET_SECCOMP). Needs no_new_privs."""
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    result: int = _libc.prctl(
        ctypes.c_int(PR_SET_SECCOMP), ctypes.c_ulong(SECCOMP_MODE_FILTER), ctypes.c_char_p(header), ctypes.c_ulong(0),
        ctypes.c_ulong(0),
    )  # fmt: skip
    if result < 0:
        raise _failed("prctl(PR_SET_SECCOMP)")


# keyctl(2) has a number of its own on each architecture (asm/unistd_64.h, asm-generic/unistd.h).
KEYCTL = {"x86_64": 250, "aarch64": 219}
KEYCTL_JOIN_SESSION_KEYRING = 1


def new_session_keyring() -> None:
    """Leave the caller's session keyring for a new, empty one (keyctl_join_session_keyring(3))."""
    number = KEYCTL.get(os.uname().machine)
    if number is None:
        raise OSError(errno.ENOSYS, f"keyctl: its number on {os.uname().machine} is not known")
    joined = _libc.syscall(ctypes.c_long(number), ctypes.c_int(KEYCTL_JOIN_SESSION_KEYRING), ctypes.c_void_p(None))
    if joined < 0:
        raise _failed("keyctl(JOIN_SESSION_KEYRING)")


def drop_bounding_set() -> None:
    """Drop every capability this kernel knows from the bounding set. Raises OSError (EPERM) without CAP_SETPCAP."""
    for capability in range(64):
        try:
            present = prctl("PR_CAPBSET_READ", PR_CAPBSET_READ, capability)
        except OSError:  # EINVAL: past the last capability of this kernel
            return
        if present:
            prctl("PR_CAPBSET_DROP", PR_CAPBSET_DROP, capability)


# One number on every architecture: they are newer than the common table (asm-generic/unistd.h).
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_RULE_PATH_BENEATH, LANDLOCK_RULE_NET_PORT, LANDLOCK_CREATE_RULESET_VERSION = 1, 2, 1


def landlock_abi() -> int:
    """The kernel's Landlock ABI (landlock_create_ruleset(2)).

    Raises OSError: ENOSYS not built in, EOPNOTSUPP off at boot, EPERM refused by a seccomp profile.
    """
    return _landlock_create(None, LANDLOCK_CREATE_RULESET_VERSION)


def landlock_create_ruleset(file_rights: int, net_rights: int, scopes: int, abi: int) -> int:
    """A descriptor of a ruleset that handles these rights. The struct grew: network with ABI 4, scopes with ABI 6."""
    attribute = struct.pack("=QQQ", file_rights, net_rights, scopes)
    return _landlock_create(attribute[: 8 if abi < 4 else 16 if abi < 6 else 24], 0)


def _landlock_create(attribute: bytes | None, flags: int) -> int:
    result: int = _libc.syscall(
        ctypes.c_long(LANDLOCK_CREATE_RULESET), ctypes.c_char_p(attribute), ctypes.c_size_t(len(attribute or b"")),
        ctypes.c_uint32(flags),
    )  # fmt: skip
    if result < 0:
        raise _failed("landlock_create_ruleset")
    return result


def landlock_add_path(ruleset: int, folder: int, rights: int) -> None:
    """Grant `rights` below the open `folder` (landlock_add_rule(2), LANDLOCK_RULE_PATH_BENEATH)."""
    _landlock_add(ruleset, LANDLOCK_RULE_PATH_BENEATH, struct.pack("=Qi", rights, folder))


def landlock_add_port(ruleset: int, port: int, rights: int) -> None:
    """Grant `rights` on TCP `port` of any address (LANDLOCK_RULE_NET_PORT)."""
    _landlock_add(ruleset, LANDLOCK_RULE_NET_PORT, struct.pack("=QQ", rights, port))


def _landlock_add(ruleset: int, kind: int, rule: bytes) -> None:
    added = _libc.syscall(
        ctypes.c_long(LANDLOCK_ADD_RULE), ctypes.c_int(ruleset), ctypes.c_int(kind), ctypes.c_char_p(rule),
        ctypes.c_uint32(0),
    )  # fmt: skip
    if added < 0:
        raise _failed("landlock_add_rule")


def landlock_restrict_self(ruleset: int) -> None:
    """Put a ruleset in force on this thread, for good (landlock_restrict_self(2)). Needs no_new_privs."""
    if _libc.syscall(ctypes.c_long(LANDLOCK_RESTRICT_SELF), ctypes.c_int(ruleset), ctypes.c_uint32(0)) < 0:
        raise _failed("landlock_restrict_self")


# seccomp(2) with a listener, and what is asked of it (seccomp_unotify(2), linux/seccomp.h).
SECCOMP = {"x86_64": 317, "aarch64": 277}
SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER = 1, 1 << 3
NOTIF_RECV, NOTIF_SEND, NOTIF_ID_VALID, NOTIF_ADDFD = 0xC0502100, 0xC0182101, 0x40082102, 0x40182103
USER_NOTIF_FLAG_CONTINUE, ADDFD_FLAG_SEND = 1, 2
GONE = {errno.ENOENT, errno.ESRCH, errno.EINPROGRESS}  # the caller was killed, a signal took it back, it has its answer


class Notification(Record):
    """A call that waits for the supervisor: `id` for the answer, `thread` as this pid namespace numbers it."""

    id: int
    thread: int
    number: int
    arguments: tuple[int, ...]


def install_notifier(program: bytes) -> int:
    """Put a filter in force on this thread that asks a listener, and return the listener (close-on-exec).

    Raises OSError: EBUSY where another filter of this process has a listener, EINVAL before Linux 5.0.
    """
    number = SECCOMP.get(os.uname().machine)
    if number is None:
        raise OSError(errno.ENOSYS, f"seccomp: its number on {os.uname().machine} is not known")
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    listener: int = _libc.syscall(
        ctypes.c_long(number), ctypes.c_uint(SECCOMP_SET_MODE_FILTER), ctypes.c_uint(SECCOMP_FILTER_FLAG_NEW_LISTENER),
        ctypes.c_char_p(header),
    )  # fmt: skip
    if listener < 0:
        raise _failed("seccomp(NEW_LISTENER)")
    return listener


def _ioctl(descriptor: int, request: int, argument: "ctypes.Array[ctypes.c_char]", call: str) -> int:
    result: int = _libc.ioctl(ctypes.c_int(descriptor), ctypes.c_ulong(request), argument)
    if result < 0:
        raise _failed(call)
    return result


def receive_notification(listener: int) -> Notification | None:
    """The next call that waits, None if its caller has gone meanwhile. Blocks unless poll(2) said that there is one."""
    buffer = ctypes.create_string_buffer(80)  # must be zero
    try:
        _ioctl(listener, NOTIF_RECV, buffer, "ioctl(SECCOMP_IOCTL_NOTIF_RECV)")
    except OSError as error:
        if error.errno in {*GONE, errno.EINTR}:
            return None
        raise
    ident, thread, _, number, _, _, *arguments = struct.unpack("=QIIiIQ6Q", buffer.raw)
    return Notification(ident, thread, number, tuple(arguments))


def is_waiting(listener: int, ident: int) -> bool:
    """Does the caller still wait? Only then does what was read of its thread number belong to it."""
    try:
        _ioctl(listener, NOTIF_ID_VALID, ctypes.create_string_buffer(struct.pack("=Q", ident), 8), "ioctl(ID_VALID)")
    except OSError:
        return False
    return True


def answer(listener: int, ident: int, value: int = 0, error: int = 0, *, proceed: bool = False) -> bool:
    """The call returns `value`, or fails with `error`, or is carried out by the kernel. False if the caller has gone."""
    words = struct.pack("=QqiI", ident, value, -error, USER_NOTIF_FLAG_CONTINUE if proceed else 0)
    try:
        _ioctl(listener, NOTIF_SEND, ctypes.create_string_buffer(words, 24), "ioctl(SECCOMP_IOCTL_NOTIF_SEND)")
    except OSError as failure:
        if failure.errno in GONE:
            return False
        raise
    return True


def give(listener: int, ident: int, source: int, flags: int) -> bool:
    """The call returns a new descriptor of the caller's for our open `source` (Linux 5.14). False if the caller has gone.

    Raises OSError, with the caller still waiting: EMFILE when it has as many as it may.
    """
    words = struct.pack("=QIIII", ident, ADDFD_FLAG_SEND, source, 0, flags)
    while True:
        try:
            _ioctl(listener, NOTIF_ADDFD, ctypes.create_string_buffer(words, 24), "ioctl(SECCOMP_IOCTL_NOTIF_ADDFD)")
        except OSError as error:
            if error.errno == errno.EINTR:
                continue
            if error.errno in GONE:
                return False
            raise
        return True


HERE = b"a descriptor: "  # says nothing; a message needs a byte


def socket_pair() -> tuple[int, int]:
    """Two ends of a unix stream, close-on-exec. Imported late: a start without supervised sockets needs none of it."""
    import socket

    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    return one.detach(), other.detach()


def send_descriptor(end: int, descriptor: int) -> None:
    """HERE with a descriptor (SCM_RIGHTS, unix(7)). Raises OSError."""
    import socket

    with socket.socket(fileno=os.dup(end)) as stream:
        socket.send_fds(stream, [HERE], [descriptor])


def receive_descriptor(end: int) -> tuple[bytes, int | None]:
    """The first words that were sent, with the descriptor that came with them, close-on-exec: a program that is started
    later must not have it."""
    import socket

    with socket.socket(fileno=os.dup(end)) as stream:
        words, descriptors, _, _ = socket.recv_fds(stream, 4096, 1, socket.MSG_CMSG_CLOEXEC)
    return words, descriptors[0] if descriptors else None
def erase_variables(*names: str) -> int:
    """Overwrite with zeros what the kernel shows of these variables in /proc/self/environ; how many were found.

    proc_pid_stat(5), fields 50 and 51: where the strings lie that execve(2) was given. unsetenv(3) leaves them there.
    """
    with open("/proc/self/stat", "rb") as file:
        fields = file.read().rpartition(b") ")[2].split()
    start, end = int(fields[47]), int(fields[48])
    if not 0 < start < end:
        raise OSError(errno.ENODATA, "/proc/self/stat does not say where the environment lies")
    found, at = 0, start
    for entry in ctypes.string_at(start, end - start).split(b"\0"):
        name, _, value = entry.partition(b"=")
        if value and name in {one.encode() for one in names}:
            ctypes.memset(at + len(name) + 1, 0, len(value))
            found += 1
        at += len(entry) + 1
    return found


SYSLOG_ACTION_READ_ALL = 3


def kernel_log(most: int = 1 << 16) -> str:
    """The newest `most` bytes of the kernel's log (syslog(2), klogctl(3)). Raises OSError (EPERM) for most users."""
    buffer = ctypes.create_string_buffer(most)
    got = _libc.klogctl(ctypes.c_int(SYSLOG_ACTION_READ_ALL), buffer, ctypes.c_int(most))
    if got < 0:
        raise _failed("syslog")
    return buffer.raw[:got].decode("utf-8", "replace")


OPENAT2, AT_FDCWD = 437, -100  # openat2 has one number on every architecture
# linux/openat2.h: no mount is crossed, no link of /proc or any other is followed, nothing above the folder is reached.
RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH = 1, 2, 4, 8
INSIDE = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH


def openat2(folder: int, name: bytes, flags: int, resolve: int) -> int:
    """A descriptor, closed on exec, of `name` below the open `folder` (openat2(2)).

    Raises OSError: ELOOP a link was in the way, EXDEV another mount or a way out of the folder, ENOSYS before Linux 5.6.
    """
    how = struct.pack("=QQQ", flags | os.O_CLOEXEC, 0, resolve)
    opened: int = _libc.syscall(
        ctypes.c_long(OPENAT2), ctypes.c_int(folder), ctypes.c_char_p(name), ctypes.c_char_p(how),
        ctypes.c_size_t(len(how)),
    )  # fmt: skip
    if opened < 0:
        raise _failed("openat2")
    return opened


RENAME_NOREPLACE = 1


def rename_new(folder: int, old: bytes, into: int, new: bytes) -> None:
    """Rename `old` in the open `folder` to `new` in the open `into`, which must not exist (renameat2(2)).

    Raises OSError: EEXIST it does, EXDEV another mount or quota, EINVAL this file system has no such call.
    """
    if not hasattr(_libc, "renameat2"):  # glibc has it since 2.28
        raise OSError(errno.ENOSYS, "renameat2: not in this C library")
    renamed = _libc.renameat2(
        ctypes.c_int(folder), ctypes.c_char_p(old), ctypes.c_int(into), ctypes.c_char_p(new),
        ctypes.c_uint(RENAME_NOREPLACE),
    )  # fmt: skip
    if renamed < 0:
        raise _failed("renameat2")
