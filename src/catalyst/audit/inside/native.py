"""System calls the standard library lacks, called by number. The canary's only user of ctypes."""

import ctypes
import os
import sys

# Name: x86_64, aarch64 (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
NUMBERS: dict[str, tuple[int, int]] = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "clone3": (435, 435),
    "fsopen": (430, 430),
    "init_module": (175, 105),
    "io_uring_setup": (425, 425),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "ptrace": (101, 117),
    "reboot": (169, 142),
    "shmctl": (31, 195),
    "shmget": (29, 194),
    "setns": (308, 268),
    "syslog": (103, 116),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MACHINES = {"x86_64": 0, "aarch64": 1}


class UnknownMachine(RuntimeError):
    """This processor's call numbers are not in the table."""


def call(name: str, *arguments: int | bytes | None) -> int:
    """The system call's result; bytes are passed by address, None is the null pointer.

    Raises OSError with what the kernel, or a filter before it, answered.
    """
    column = MACHINES.get(os.uname().machine)
    if column is None or sys.maxsize < 1 << 32:
        raise UnknownMachine(f"no system call numbers for {os.uname().machine}")
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    result: int = libc.syscall(ctypes.c_long(NUMBERS[name][column]), *map(_argument, arguments))
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def _argument(value: int | bytes | None) -> object:
    if isinstance(value, int):
        return ctypes.c_long(value)
    if value is None:
        return ctypes.c_void_p(None)
    return ctypes.create_string_buffer(value, len(value))  # a copy, which the kernel may write to
