"""Which calls the kernel answers from a filter's bitmap of constant actions (Linux 5.11), without running the filter.

When a filter is installed, kernel/seccomp.c (seccomp_is_const_allow) runs it once per number with a machine that knows
number and architecture only. A number that comes to "allow" there is never put to the filter again.
"""

import struct
from collections.abc import Callable, Iterable, Mapping
from enum import Enum

LOAD, AND, JUMP, RETURN = 0x20, 0x54, 0x05, 0x06  # BPF_LD|W|ABS, BPF_ALU|AND|K, BPF_JMP|JA, BPF_RET|K
TESTS: Mapping[int, Callable[[int, int], bool]] = {
    0x15: lambda register, k: register == k,
    0x25: lambda register, k: register > k,
    0x35: lambda register, k: register >= k,
    0x45: lambda register, k: register & k != 0,
}
NUMBER, ARCH = 0, 4  # offsets in struct seccomp_data
ALLOW = 0x7FFF0000

Code = tuple[tuple[int, int, int, int], ...]


class Constant(Enum):
    """What the kernel finds out about one number. It remembers the first; the other two it asks the filter each time."""

    ALLOW = "allow"
    REFUSE = "refuse"
    LOOKS = "looks"  # the answer depends on more, or an instruction is not one the kernel emulates


def instructions(program: bytes) -> Code:
    """struct sock_filter, one after the other."""
    return tuple(struct.iter_unpack("=HBBI", program))


def constant(code: Code, number: int, arch: int) -> Constant:
    """seccomp_is_const_allow, statement by statement."""
    register = at = 0
    while at < len(code):
        op, jt, jf, k = code[at]
        if op == LOAD and k in {NUMBER, ARCH}:
            register = number if k == NUMBER else arch
        elif op == RETURN:
            return Constant.ALLOW if k == ALLOW else Constant.REFUSE
        elif op == JUMP:
            at += k
        elif op in TESTS:
            at += jt if TESTS[op](register, k) else jf
        elif op == AND:
            register &= k
        else:
            return Constant.LOOKS
        at += 1
    raise AssertionError("the kernel does not take a program that runs over its end")


def stacked(programs: Iterable[Code], number: int, arch: int) -> Constant:
    """Filters on top of one another: a number is on the bitmap when it is on that of each (seccomp_cache_prepare)."""
    said = {constant(code, number, arch) for code in programs}
    return Constant.REFUSE if Constant.REFUSE in said else Constant.LOOKS if Constant.LOOKS in said else Constant.ALLOW
