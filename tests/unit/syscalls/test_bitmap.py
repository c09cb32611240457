"""The hot calls stay on the kernel's bitmap at every tier: their answer depends on number and architecture alone.

That the kernel agrees, also for Docker's profile and for both of ours on top of one another, is shown by
bench/seccomp.py, which reads the filters back.
"""

import itertools
import struct
from functools import cache

import pytest

from bitmap import Code, Constant, constant, instructions, stacked
from catalyst.policy.model import SystemCalls, Tier
from catalyst.policy.syscalls import arguments, tiers
from catalyst.policy.syscalls.numbers import AUDIT_ARCH, NUMBERS
from catalyst.render.seccomp import program

CASES = list(itertools.product(Tier, (False, True), NUMBERS))
# What an interpreter, torch's workers and a web server call in their loops.
HOT = """
accept4 brk clock_gettime clock_nanosleep close connect dup epoll_ctl epoll_pwait fcntl fstat futex getcpu getpid getppid
getrandom getrusage gettid gettimeofday getuid lseek madvise mmap mprotect mremap munmap nanosleep newfstatat openat ppoll
pread64 preadv pwrite64 pselect6 read readlinkat readv recvfrom recvmsg rseq rt_sigaction rt_sigprocmask rt_sigreturn
sched_getaffinity sched_yield sendfile statx tgkill wait4 write writev
""".split()  # noqa: SIM905 -- a list of this length reads better as text
ONLY_X86 = {"access", "epoll_wait", "open", "pipe", "poll", "readlink", "select", "stat", "lstat"}


@cache
def code(tier: Tier, datagrams: bool, machine: str) -> Code:
    return instructions(program.compile(SystemCalls(tier, datagrams, memory_programs=False), machine))


def answer(name: str, tier: Tier, datagrams: bool, machine: str) -> Constant:
    return constant(code(tier, datagrams, machine), NUMBERS[machine][name], AUDIT_ARCH[machine])


@pytest.mark.parametrize(("tier", "datagrams", "machine"), CASES)
def test_hot_calls_are_answered_from_the_bitmap(tier: Tier, datagrams: bool, machine: str) -> None:
    hot = {*HOT, *(ONLY_X86 if machine == "x86_64" else ())}
    assert {name for name in hot if answer(name, tier, datagrams, machine) is not Constant.ALLOW} == set()


@pytest.mark.parametrize(("tier", "datagrams", "machine"), CASES)
def test_only_calls_with_argument_rules_are_looked_at(tier: Tier, datagrams: bool, machine: str) -> None:
    """Each of them costs some 20 ns more, so their number is fixed here."""
    looks = {*arguments.ALLOWED, *arguments.REFUSED, "memfd_create"}
    for name in NUMBERS[machine]:
        expected = Constant.REFUSE
        if name in tiers.allowed(tier):
            expected = Constant.LOOKS if name in looks else Constant.ALLOW
        assert answer(name, tier, datagrams, machine) is expected, name
    assert len(looks) == 13


@pytest.mark.parametrize("machine", NUMBERS)
def test_two_filters_on_top_of_one_another_are_one_bitmap(machine: str) -> None:
    both = [code(Tier.NORMAL, True, machine), code(Tier.MAXIMUM, True, machine)]
    for name, number in NUMBERS[machine].items():
        said = stacked(both, number, AUDIT_ARCH[machine])
        assert (said is Constant.ALLOW) == (answer(name, Tier.MAXIMUM, True, machine) is Constant.ALLOW), name


def test_a_filter_that_reads_an_argument_first_is_off_the_bitmap() -> None:
    """The emulation's own control: with one load of an argument, or an instruction it does not know, nothing is."""
    good = program.compile(SystemCalls(Tier.NORMAL, True, True), "x86_64")
    read, arch = NUMBERS["x86_64"]["read"], AUDIT_ARCH["x86_64"]
    assert constant(instructions(good), read, arch) is Constant.ALLOW
    for first in ((program.LOAD, 0, 0, program.ARGUMENTS), (program.LOAD, 0, 0, 8), (0x24, 0, 0, 1)):
        assert constant(instructions(struct.pack("=HBBI", *first) + good), read, arch) is Constant.LOOKS
    assert constant(instructions(good), read, AUDIT_ARCH["aarch64"]) is Constant.REFUSE
