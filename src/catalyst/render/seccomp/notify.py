"""Which calls the guard answers itself (guard/egress), as a BPF program that the workload runs under beside the tier's.

It asks about what makes a TCP socket and about what such a socket is told to do; everything else is the tier's to
refuse. Of several filters the strictest answer wins, and ERRNO is stricter than USER_NOTIF, so a socket that the tier
refuses never comes to the guard.
"""

import binascii
import errno

from catalyst.policy.syscalls.arguments import INET, INET6, STREAM, TYPE
from catalyst.policy.syscalls.numbers import AUDIT_ARCH, NUMBERS
from catalyst.render.seccomp import program as bpf

USER_NOTIF = 0x7FC00000
ON_ANY = ("connect", "bind", "listen")  # the filter cannot see what a descriptor is


def assemble(machine: str) -> bytes:
    """The program for `machine` (uname -m). Another architecture, and x32, are refused here too: the guard reads numbers
    of one table, and must not depend on the tier's filter for that.

    Raises KeyError for a machine without a table.
    """
    program, numbers = bpf.Program(), NUMBERS[machine]
    program.emit(bpf.LOAD, bpf.ARCH)
    program.emit(bpf.JUMP_EQUAL, AUDIT_ARCH[machine], jt=1)
    program.emit(bpf.RETURN, bpf.ERRNO | errno.EPERM)
    program.emit(bpf.LOAD, bpf.NUMBER)
    if machine == "x86_64":
        program.emit(bpf.JUMP_SET, bpf.X32, jf=1)
        program.emit(bpf.RETURN, bpf.ERRNO | errno.EPERM)
    for name in ON_ANY:
        program.emit(bpf.JUMP_EQUAL, numbers[name], jf=1)
        program.emit(bpf.RETURN, USER_NOTIF)
    program.emit(bpf.JUMP_EQUAL, numbers["socket"], jt=1)
    program.emit(bpf.RETURN, bpf.ALLOW)
    _tcp(program)
    return program.assemble()


def encoded(machine: str) -> str:
    """The same in base64, as a plan has it."""
    return binascii.b2a_base64(assemble(machine), newline=False).decode("ascii")


def _tcp(program: bpf.Program) -> None:
    """socket(2) of a family and type that TCP has. Each is an int to the kernel, so its low 32 bits are looked at."""
    program.emit(bpf.LOAD, bpf.ARGUMENTS)
    program.emit(bpf.JUMP_EQUAL, INET, jt=2)
    program.emit(bpf.JUMP_EQUAL, INET6, jt=1)
    program.emit(bpf.RETURN, bpf.ALLOW)
    program.emit(bpf.LOAD, bpf.ARGUMENTS + 8)
    program.emit(bpf.AND, TYPE)
    program.emit(bpf.JUMP_EQUAL, STREAM, jf=1)
    program.emit(bpf.RETURN, USER_NOTIF)
    program.emit(bpf.RETURN, bpf.ALLOW)
