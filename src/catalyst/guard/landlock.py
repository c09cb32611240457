"""Landlock (landlock(7)): what the workload may do with files, enforced by the kernel without any privilege.

It holds where no engine confines writes, and it alone refuses to run programs from places the workload can write. What
it does not cover is said by the renderer: a memfd, `ld.so FILE`, an interpreter and mmap(PROT_EXEC) still run code.
"""

import os

from catalyst.guard import syscalls
from catalyst.guard.plan import FileRules

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (
    1 << bit for bit in range(4, 13)
)
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
SCOPE_ABSTRACT_UNIX_SOCKET, SCOPE_SIGNAL = 1 << 0, 1 << 1

# Rights by the ABI that brought them (include/uapi/linux/landlock.h).
RIGHTS = {1: (1 << 13) - 1, 2: REFER, 3: TRUNCATE, 5: IOCTL_DEV}
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # all that a rule on a file may carry

# Programs of the system, whichever of these it has; a path that the plan names must be there.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
READ = READ_FILE | READ_DIR
WRITE = (WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_SYM | REFER | TRUNCATE)
DEVICE = READ | WRITE_FILE | TRUNCATE | IOCTL_DEV


def restrict(rules: FileRules) -> None:
    """Confine this thread and what it starts. Raises OSError: a missing path, or a kernel without Landlock.

    Reading is allowed everywhere, since the sandbox shows nothing that may not be read; running only below
    SYSTEM and `rules.execute`; writing only below `rules.write`.
    """
    abi = syscalls.landlock_abi()
    handled = sum(right for since, right in RIGHTS.items() if since <= abi)
    scopes = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL if abi >= 6 else 0
    ruleset = syscalls.landlock_create_ruleset(handled, scopes, with_scopes=abi >= 6)
    try:
        granted: dict[str, int] = {"/": READ, "/dev": DEVICE, "/proc": READ | WRITE_FILE}
        for path in (*(one for one in SYSTEM if os.path.exists(one)), *rules.execute):
            granted[path] = granted.get(path, 0) | READ | EXECUTE
        for path in rules.write:
            granted[path] = granted.get(path, 0) | READ | WRITE
        for path, rights in granted.items():
            _allow(ruleset, path, rights & handled)
        syscalls.landlock_restrict_self(ruleset)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        is_folder = os.path.isdir(f"/proc/self/fd/{beneath}")
        syscalls.landlock_add_path(ruleset, beneath, rights if is_folder else rights & FILE_RIGHTS)
    finally:
        os.close(beneath)
