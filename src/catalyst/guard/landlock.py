"""Landlock (landlock(7)): what the workload may do with files and TCP, enforced by the kernel without any privilege.

It holds where no engine confines writes, and it alone refuses to run programs from places the workload can write. What
it does not cover is said by the renderer: a memfd, `ld.so FILE`, an interpreter and mmap(PROT_EXEC) still run code.
"""

import errno
import os
import stat

from catalyst.guard import syscalls
from catalyst.guard.plan import FileRules, TcpRules

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (
    1 << bit for bit in range(4, 13)
)
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
SCOPE_ABSTRACT_UNIX_SOCKET, SCOPE_SIGNAL = 1 << 0, 1 << 1
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1
NETWORK_SINCE, SCOPES_SINCE = 4, 6  # the ABI

# Rights by the ABI that brought them (include/uapi/linux/landlock.h).
RIGHTS = {1: (1 << 13) - 1, 2: REFER, 3: TRUNCATE, 5: IOCTL_DEV}
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # all that a rule on a file may carry

# Programs of the system, whichever of these it has; a path that the plan names must be there.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
READ = READ_FILE | READ_DIR
WRITE = (WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_SYM | REFER | TRUNCATE)
DEVICE = READ | WRITE_FILE | TRUNCATE | IOCTL_DEV


def restrict(files: FileRules | None, tcp: TcpRules | None, *, scoped: bool) -> None:
    """Confine this thread and what it starts. Raises OSError: a missing path, or a kernel without these rules.

    Reading is allowed everywhere but below `files.hidden`, and there of `files.shown`, since the sandbox shows nothing else
    that may not be read; running only below SYSTEM and `files.execute`; writing only below `files.write`; TCP as `tcp`
    says. None restricts nothing.
    `scoped`: no signal to a process outside, no abstract unix socket made outside.
    """
    if files is None and tcp is None and not scoped:
        return
    abi = syscalls.landlock_abi()
    if tcp is not None and abi < NETWORK_SINCE:
        raise OSError(errno.EOPNOTSUPP, f"Landlock ABI {abi} has no rules for TCP")
    if scoped and abi < SCOPES_SINCE:
        raise OSError(errno.EOPNOTSUPP, f"Landlock ABI {abi} has no scopes")
    on_files = 0 if files is None else sum(right for since, right in RIGHTS.items() if since <= abi)
    on_tcp = 0 if tcp is None else CONNECT_TCP | (0 if tcp.bind is None else BIND_TCP)
    scopes = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL if scoped else 0
    ruleset = syscalls.landlock_create_ruleset(on_files, on_tcp, scopes, abi)
    try:
        if files is not None:
            _allow_files(ruleset, files, on_files)
        if tcp is not None:
            for right, ports in ((BIND_TCP, tcp.bind or ()), (CONNECT_TCP, tcp.connect)):
                for port in ports:
                    syscalls.landlock_add_port(ruleset, port, right)
        syscalls.landlock_restrict_self(ruleset)
    finally:
        os.close(ruleset)


def _allow_files(ruleset: int, files: FileRules, handled: int) -> None:
    beside = _readable(files)
    granted = {**beside, "/dev": DEVICE, "/proc": READ | WRITE_FILE}
    for path in (*(one for one in SYSTEM if os.path.exists(one)), *files.execute):
        granted[path] = granted.get(path, 0) | READ | EXECUTE
    for path in files.write:
        granted[path] = granted.get(path, 0) | READ | WRITE
    granted |= dict.fromkeys(map(_file, files.shown), READ_FILE)
    for path, rights in granted.items():
        try:
            _allow(ruleset, path, rights & handled)
        except FileNotFoundError:
            if granted[path] != beside.get(path):  # what nobody named may have gone meanwhile
                raise


def _readable(files: FileRules) -> dict[str, int]:
    """What may be read: all of it, or where something is hidden, all that lies beside the way there. Landlock has no rule
    that takes away. What comes to lie beside the way later stays closed; names can be listed everywhere.

    Raises OSError where another rule would open what is hidden.
    """
    hidden = [os.path.realpath(path) for path in files.hidden]
    if not hidden:
        return {"/": READ}
    for path in hidden:
        for other in (*files.execute, *files.write, *SYSTEM, "/dev", "/proc"):
            if os.path.commonpath((path, os.path.realpath(other))) in {path, os.path.realpath(other)}:
                raise OSError(errno.EINVAL, f"cannot be hidden: it and {other} hold one another", path)
    granted = {"/": READ_DIR}
    for folder in {above for path in hidden for above in _above(path)}:
        for name in os.listdir(folder):
            child = os.path.realpath(os.path.join(folder, name))  # a link may lead to what is hidden, or above it
            if os.path.exists(child) and not any(os.path.commonpath((child, path)) in {child, path} for path in hidden):
                granted[child] = READ
    return granted


def _file(path: str) -> str:
    """Raises OSError where it is none: a folder would show all that it holds, a link where it leads."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise OSError(errno.EINVAL, "is no file that could be shown", path)
    return path


def _above(path: str) -> list[str]:
    """Every folder above an absolute path."""
    found = []
    while path != "/":
        path = os.path.dirname(path)
        found.append(path)
    return found


def _allow(ruleset: int, path: str, rights: int) -> None:
    beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        is_folder = os.path.isdir(f"/proc/self/fd/{beneath}")
        syscalls.landlock_add_path(ruleset, beneath, rights if is_folder else rights & FILE_RIGHTS)
    finally:
        os.close(beneath)
