"""System calls the standard library lacks, called by number. What runs inside uses ctypes nowhere else."""

import ctypes
import os
import sys

NONE = -1  # this processor has no such call; the kernel answers ENOSYS to it
# Name: x86_64, aarch64 (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
NUMBERS: dict[str, tuple[int, int]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "cachestat": (451, 451),
    "capset": (126, 91),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "clone": (56, 220),
    "clone3": (435, 435),
    "connect": (42, 203),
    "delete_module": (176, 106),
    "execveat": (322, 281),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "fchownat": (260, 54),
    "file_setattr": (469, 469),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "get_robust_list": (274, 100),
    "getpid": (39, 172),
    "init_module": (175, 105),
    "io_setup": (206, 0),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioctl": (16, 29),
    "ioperm": (173, NONE),
    "iopl": (172, NONE),
    "ioprio_set": (251, 30),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "landlock_create_ruleset": (444, 444),
    "listmount": (458, 458),
    "lookup_dcookie": (212, 18),
    "lsm_list_modules": (461, 461),
    "lsm_set_self_attr": (460, 460),
    "map_shadow_stack": (453, 453),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "mknodat": (259, 33),
    "mlockall": (151, 230),
    "modify_ldt": (154, NONE),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41),
    "prctl": (157, 167),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "remap_file_pages": (216, 234),
    "request_key": (249, 218),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "sched_setattr": (314, 274),
    "sched_setscheduler": (144, 119),
    "seccomp": (317, 277),
    "semget": (64, 190),
    "sendmmsg": (307, 269),
    "sendto": (44, 206),
    "setdomainname": (171, 162),
    "setfsuid": (122, 151),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "setreuid": (113, 145),
    "settimeofday": (164, 170),
    "setuid": (105, 146),
    "setxattr": (188, 5),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmget": (29, 194),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "splice": (275, 76),
    "statmount": (457, 457),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syncfs": (306, 267),
    "sysfs": (139, NONE),
    "syslog": (103, 116),
    "tee": (276, 77),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "uselib": (134, NONE),
    "userfaultfd": (323, 282),
    "ustat": (136, NONE),
    "vhangup": (153, 58),
    "vmsplice": (278, 75),
}
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
HIGH = 1 << 32  # the lowest bit that the kernel drops from an `int` argument
MACHINES = {"x86_64": 0, "aarch64": 1}


class UnknownMachine(RuntimeError):
    """This processor's call numbers are not in the table."""


def call(name: str, *arguments: int | bytes | None) -> int:
    """The system call's result; bytes are passed by address, None is the null pointer.

    Raises OSError with what the kernel, or a filter before it, answered.
    """
    return call_number(number_of(name), *arguments)


def number_of(name: str) -> int:
    """The call's number on this machine."""
    column = MACHINES.get(os.uname().machine)
    if column is None or sys.maxsize < 1 << 32:
        raise UnknownMachine(f"no system call numbers for {os.uname().machine}")
    return NUMBERS[name][column]


def call_number(number: int, *arguments: int | bytes | None) -> int:
    """As `call`, by any number."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    result: int = libc.syscall(ctypes.c_long(number), *map(_argument, arguments))
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"call {number}: {os.strerror(code)}")
    return result


def address(block: "ctypes.Array[ctypes.c_char]") -> int:
    """Where it lies in memory; it must be kept alive for as long as the address is used."""
    return ctypes.addressof(block)


def block_of(content: bytes) -> "ctypes.Array[ctypes.c_char]":
    """Memory of one's own with that content."""
    return ctypes.create_string_buffer(content, len(content))


def _argument(value: int | bytes | None) -> object:
    if isinstance(value, int):
        return ctypes.c_long(value)
    if value is None:
        return ctypes.c_void_p(None)
    return ctypes.create_string_buffer(value, len(value))  # a copy, which the kernel may write to
