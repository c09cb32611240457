"""System calls the standard library lacks: the only user of ctypes. One wrapper per call; its error names the call."""

import ctypes
import errno
import os
import struct

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_READ, PR_CAPBSET_DROP = 1, 4, 23, 24
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 36, 38, 47, 4
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
