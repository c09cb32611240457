"""A machine for classic BPF that knows the few instructions our seccomp filters use (bpf_asm.txt)."""

import struct

from catalyst.render.seccomp import program

Code = tuple[tuple[int, int, int, int], ...]


def code(raw: bytes) -> Code:
    """struct sock_filter, one after the other."""
    return tuple(struct.iter_unpack("=HBBI", raw))


def run(instructions: Code, number: int, arch: int, args: tuple[int, ...] = ()) -> int:
    """The value the program returns for this call."""
    data = struct.pack("=iIQ6Q", number, arch, 0, *(*args, *([0] * (6 - len(args)))))
    at = accumulator = 0
    while True:
        op, jt, jf, k = instructions[at]
        at += 1
        match op:
            case program.LOAD:
                (accumulator,) = struct.unpack_from("=I", data, k)
            case program.AND:
                accumulator &= k
            case program.JUMP:
                at += k
            case program.JUMP_EQUAL:
                at += jt if accumulator == k else jf
            case program.JUMP_GREATER_EQUAL:
                at += jt if accumulator >= k else jf
            case program.JUMP_SET:
                at += jt if accumulator & k else jf
            case program.RETURN:
                return k
            case _:
                raise AssertionError(f"unknown instruction {op:#x}")
