"""A tier as a classic BPF program (seccomp(2), bpf_asm.txt).

Our own assembler, because libseccomp cannot say what matters here (knowledge: confinement.md §1.1, §1.7): ENOSYS above the
newest known number, EPERM instead of a kill for a foreign architecture through every binding, refused values of calls
that are allowed otherwise; it skips names it does not know without a word; and its one binding is of 2021.

The dispatch is a binary tree over ranges of numbers that reads nothing but number and architecture, so that the kernel
answers calls without argument rules from its constant-action bitmap (Linux 5.11).
"""

import errno
import struct
from collections.abc import Collection, Container, Iterable

from catalyst.policy.model import SystemCalls
from catalyst.policy.syscalls import arguments, tiers
from catalyst.policy.syscalls.arguments import Condition
from catalyst.policy.syscalls.numbers import AUDIT_ARCH, NEWEST, NUMBERS

LOAD, AND, JUMP, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_SET, RETURN = 0x20, 0x54, 0x05, 0x15, 0x35, 0x45, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
NUMBER, ARCH, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
X32 = 0x40000000

Instruction = tuple[int, int, int, int]


class Program:
    """Instructions with labels: conditional jumps skip at most one, far ones go through JUMP, which has 32 bits."""

    def __init__(self) -> None:
        self._code: list[Instruction | tuple[str, int]] = []
        self._labels: dict[int, int] = {}
        self._next = 0

    def emit(self, code: int, k: int, jt: int = 0, jf: int = 0) -> None:
        """One instruction."""
        self._code.append((code, jt, jf, k))

    def label(self) -> int:
        """A new label, to be placed later."""
        self._next += 1
        return self._next

    def jump(self, label: int) -> None:
        """Go to `label`, which lies ahead."""
        self._code.append(("jump", label))

    def place(self, label: int) -> None:
        """`label` is here."""
        self._labels[label] = len(self._code)

    def assemble(self) -> bytes:
        """struct sock_filter, one after the other."""
        out = []
        for position, one in enumerate(self._code):
            if len(one) == 2:
                out.append(struct.pack("=HBBI", JUMP, 0, 0, self._labels[one[1]] - position - 1))
            else:
                out.append(struct.pack("=HBBI", *one))
        return b"".join(out)


def compile(  # noqa: A001 -- the field's word
    rule: SystemCalls, machine: str, *, outer: bool = False, without: frozenset[str] = frozenset()
) -> bytes:
    """The program for `machine` (uname -m). `outer`: the guard runs under it too, so what it needs is answered. `without`:
    calls that are refused whatever the tier says.

    Raises KeyError for a machine without a table.
    """
    program, numbers = Program(), NUMBERS[machine]
    names = {number: name for name, number in numbers.items()}
    answered = (tiers.allowed(rule.tier) | (tiers.GUARD if outer else frozenset())) - without
    refused = {name: one for name, one in arguments.REFUSED.items() if not (outer and name in arguments.GUARD_USES)}
    verdicts = [_verdict(rule, names.get(number, ""), answered, refused) for number in range(NEWEST + 1)]
    program.emit(LOAD, ARCH)
    program.emit(JUMP_EQUAL, AUDIT_ARCH[machine], jt=1)
    program.emit(RETURN, ERRNO | errno.EPERM)
    program.emit(LOAD, NUMBER)
    if machine == "x86_64":
        program.emit(JUMP_SET, X32, jf=1)
        program.emit(RETURN, ERRNO | errno.EPERM)
    starts = [number for number in range(len(verdicts)) if not number or verdicts[number] != verdicts[number - 1]]
    ranges = [(number, verdicts[number]) for number in starts]
    rules = {str(verdict): program.label() for _, verdict in ranges if isinstance(verdict, str)}
    _tree(program, [*ranges, (NEWEST + 1, ERRNO | errno.ENOSYS)], rules)
    for name, label in rules.items():
        program.place(label)
        _rule(program, name, rule, refused.get(name, ()))
    return program.assemble()


def _verdict(rule: SystemCalls, name: str, answered: Collection[str], refused: Container[str]) -> int | str:
    """What a call gets: a return value, or its name where its arguments decide."""
    if name == "clone3":  # its flags lie in memory, out of sight; glibc goes on with clone
        return ERRNO | errno.ENOSYS
    if name not in answered:
        return ERRNO | errno.EPERM
    looks = arguments.alternatives(name, rule) is not None or name in refused
    return name if looks else ALLOW


def _tree(program: Program, ranges: list[tuple[int, int | str]], rules: dict[str, int]) -> None:
    if len(ranges) == 1:
        verdict = ranges[0][1]
        if isinstance(verdict, str):
            program.jump(rules[verdict])
        else:
            program.emit(RETURN, verdict)
        return
    middle, upper = len(ranges) // 2, program.label()
    program.emit(JUMP_GREATER_EQUAL, ranges[middle][0], jf=1)
    program.jump(upper)
    _tree(program, ranges[:middle], rules)
    program.place(upper)
    _tree(program, ranges[middle:], rules)


def _rule(program: Program, name: str, rule: SystemCalls, refused: Iterable[Condition]) -> None:
    """The arguments of one call: refused values first, then any alternative whose conditions all hold."""
    for condition in refused:
        _load(program, condition)
        program.emit(JUMP_EQUAL, condition.value, jf=1)
        program.emit(RETURN, ERRNO | errno.EPERM)
    alternatives = arguments.alternatives(name, rule)
    if alternatives is None:
        program.emit(RETURN, ALLOW)
        return
    for alternative in alternatives:
        otherwise = program.label()
        for condition in alternative:
            _load(program, condition)
            program.emit(JUMP_EQUAL, condition.value, jt=1)
            program.jump(otherwise)
        program.emit(RETURN, ALLOW)
        program.place(otherwise)
    program.emit(RETURN, ERRNO | errno.EPERM)


def _load(program: Program, condition: Condition) -> None:
    """The low 32 bits of an argument; both machines are little-endian."""
    program.emit(LOAD, ARGUMENTS + 8 * condition.index)
    if condition.mask != arguments.ALL:
        program.emit(AND, condition.mask)
