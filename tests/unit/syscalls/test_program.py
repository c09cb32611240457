"""The BPF programs against the tiers' data: every number, every argument rule, high bits, foreign architectures.

The programs are run by an interpreter of the few instructions they use, so nothing here depends on this kernel; that the
kernel agrees is shown in tests/live/test_system_calls.py.
"""

import errno
import itertools
import struct
from functools import cache

import pytest

import filter_machine
from catalyst.policy.model import SystemCalls, Tier
from catalyst.policy.syscalls import arguments, tiers
from catalyst.policy.syscalls.numbers import AUDIT_ARCH, NEWEST, NUMBERS
from catalyst.render.seccomp import program
from filter_machine import Code

ALLOW, EPERM, ENOSYS = "allow", errno.EPERM, errno.ENOSYS
CASES = list(itertools.product(Tier, (False, True), NUMBERS))
HIGH = 1 << 32  # a bit that an int argument does not have


@cache
def code(tier: Tier, datagrams: bool, machine: str, *, memory_programs: bool = False, outer: bool = False) -> Code:
    raw = program.compile(SystemCalls(tier, datagrams, memory_programs), machine, outer=outer)
    return tuple(struct.iter_unpack("=HBBI", raw))


def answer(instructions: Code, number: int, arch: int, args: tuple[int, ...] = ()) -> object:
    """What the kernel would answer: "allow" or an errno."""
    said = filter_machine.run(instructions, number, arch, args)
    return ALLOW if said == program.ALLOW else said & 0xFFFF


@pytest.mark.parametrize(("tier", "datagrams", "machine"), CASES)
def test_every_number_gets_what_the_tier_says(tier: Tier, datagrams: bool, machine: str) -> None:
    names = {number: name for name, number in NUMBERS[machine].items()}
    looks = set(arguments.ALLOWED) | set(arguments.REFUSED) | {"memfd_create"}
    for number in range(NEWEST + 40):
        name = names.get(number, "")
        if name in looks and name in tiers.allowed(tier):
            continue  # its arguments decide; see below
        expected: object = ALLOW if name in tiers.allowed(tier) else EPERM
        if number > NEWEST or name == "clone3":
            expected = ENOSYS
        assert answer(code(tier, datagrams, machine), number, AUDIT_ARCH[machine]) == expected, (number, name)


@pytest.mark.parametrize(("tier", "datagrams", "machine"), CASES)
@pytest.mark.parametrize("high", [0, HIGH])
def test_sockets_by_family_type_and_protocol(tier: Tier, datagrams: bool, machine: str, high: int) -> None:
    fine = {(1, 1, 0), (1, 2, 0), (1, 5, 0), (2, 1, 0), (2, 1, 6), (10, 1, 0), (10, 1, 6), (16, 2, 0), (16, 3, 0)}
    fine |= {(2, 2, 0), (2, 2, 17), (10, 2, 0), (10, 2, 17)} if datagrams else set()
    program_, number = code(tier, datagrams, machine), NUMBERS[machine]["socket"]
    for family, kind, protocol in itertools.product(range(46), range(8), (0, 1, 6, 9, 12, 16, 17, 132, 136, 262)):
        for flags in (0, 0o2000000 | 0o4000):  # SOCK_CLOEXEC, SOCK_NONBLOCK
            said = answer(program_, number, AUDIT_ARCH[machine], (family | high, kind | flags | high, protocol | high))
            assert said == (ALLOW if (family, kind, protocol) in fine else EPERM), (family, kind, protocol)


@pytest.mark.parametrize(("tier", "machine"), list(itertools.product(Tier, NUMBERS)))
@pytest.mark.parametrize("high", [0, HIGH])
def test_other_argument_rules(tier: Tier, machine: str, high: int) -> None:
    def ask(name: str, *args: int) -> object:
        said = answer(code(tier, False, machine), NUMBERS[machine][name], AUDIT_ARCH[machine], tuple(a | high for a in args))
        return said if name in tiers.allowed(tier) else ALLOW  # refused as a whole is shown above

    assert ask("clone", 0x11) == ALLOW
    for flag in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert ask("clone", 0x11 | flag) == EPERM
    assert ask("ioctl", 0, 0x5401) == ALLOW
    assert ask("ioctl", 0, 0x5412) == EPERM
    assert ask("ioctl", 0, 0x541C) == EPERM
    assert ask("ioctl", 0, 0x5423) == EPERM
    assert ask("prctl", 15) == ALLOW
    assert ask("prctl", 22) == EPERM
    assert ask("socketpair", 1, 1, 0) == ALLOW
    assert ask("socketpair", 2, 1, 0) == EPERM
    assert ask("prlimit64", 0, 7) == ALLOW
    assert ask("prlimit64", 4242, 7) == EPERM
    assert ask("sendto", 3, 0, 0, 0x4000) == ALLOW
    assert ask("sendto", 3, 0, 0, 0x20000000) == EPERM
    assert ask("sendmsg", 3, 0, 0x20000000) == EPERM
    if tier < Tier.MAXIMUM:
        assert ask("personality", 0) == ALLOW
        assert ask("personality", 8) == EPERM
        assert ask("execveat", 3, 0, 0, 0, 0x1000) == EPERM
        assert ask("seccomp", 1) == EPERM


@pytest.mark.parametrize(("tier", "machine"), list(itertools.product(Tier, NUMBERS)))
@pytest.mark.parametrize("high", [0, HIGH])
def test_a_file_in_memory_is_never_a_program_unless_the_rule_says_so(tier: Tier, machine: str, high: int) -> None:
    number = NUMBERS[machine]["memfd_create"]
    for flags, harmless in ((0, False), (1, False), (0x10, False), (8, True), (9, True), (0x18, True)):
        strict = answer(code(tier, False, machine), number, AUDIT_ARCH[machine], (0, flags | high))
        assert strict == (ALLOW if harmless else EPERM), flags
        loose = code(tier, False, machine, memory_programs=True)
        assert answer(loose, number, AUDIT_ARCH[machine], (0, flags | high)) == ALLOW


@pytest.mark.parametrize(("tier", "machine"), list(itertools.product(Tier, NUMBERS)))
def test_the_outer_program_answers_what_the_guard_needs_and_nothing_else_more(tier: Tier, machine: str) -> None:
    inner, outer = (code(tier, False, machine, outer=one) for one in (False, True))
    for name, number in NUMBERS[machine].items():
        said = [answer(one, number, AUDIT_ARCH[machine]) for one in (inner, outer)]
        assert said[0] == said[1] or (name in tiers.GUARD and said == [EPERM, ALLOW]), name
    install = (NUMBERS[machine]["prctl"], AUDIT_ARCH[machine], (22, 2))
    assert [answer(one, *install) for one in (inner, outer)] == [EPERM, ALLOW]
    steal = (NUMBERS[machine]["ioctl"], AUDIT_ARCH[machine], (0, 0x5412))
    assert [answer(one, *steal) for one in (inner, outer)] == [EPERM, EPERM]


@pytest.mark.parametrize(("tier", "machine"), list(itertools.product(Tier, NUMBERS)))
def test_only_the_native_architecture(tier: Tier, machine: str) -> None:
    for arch in (0x40000003, 0xC000003E, 0xC00000B7, 0x40000028, 0):
        if arch != AUDIT_ARCH[machine]:
            assert answer(code(tier, True, machine), 0, arch) == EPERM
    if machine == "x86_64":
        assert answer(code(tier, True, machine), 0x40000000 | 1, AUDIT_ARCH[machine]) == EPERM  # x32
    assert answer(code(tier, True, machine), -1, AUDIT_ARCH[machine]) in {EPERM, ENOSYS}


def test_the_tiers_have_the_measured_sizes_and_nest() -> None:
    assert [len(tiers.allowed(tier)) for tier in Tier] == [351, 313, 263]
    assert tiers.allowed(Tier.MAXIMUM) < tiers.allowed(Tier.HIGH) < tiers.allowed(Tier.NORMAL) < tiers.DOCKER
    assert not tiers.DOCKER & tiers.NEVER
    assert all(len(code(tier, True, machine)) < 4096 for tier, machine in itertools.product(Tier, NUMBERS))  # BPF_MAXINSNS


# Calls of 32-bit machines and of RISC-V. A name that neither table knows and that is not here would be lost in silence.
FOREIGN = set("""
_llseek _newselect chown32 clock_adjtime64 clock_getres_time64 clock_gettime64 clock_nanosleep_time64 fadvise64_64
fchown32 fcntl64 fstat64 fstatat64 fstatfs64 ftruncate64 futex_time64 getegid32 geteuid32 getgid32 getgroups32
getresgid32 getresuid32 getuid32 io_pgetevents_time64 ipc lchown32 lstat64 mmap2 mq_timedreceive_time64
mq_timedsend_time64 ppoll_time64 pselect6_time64 recv recvmmsg_time64 riscv_hwprobe rt_sigtimedwait_time64
sched_rr_get_interval_time64 semtimedop_time64 send sendfile64 setfsgid32 setfsuid32 setgid32 setgroups32
setregid32 setresgid32 setresuid32 setreuid32 setuid32 sigprocmask sigreturn socketcall stat64 statfs64
timer_gettime64 timer_settime64 timerfd_gettime64 timerfd_settime64 truncate64 ugetrlimit utimensat_time64 waitpid
""".split())  # noqa: SIM905 -- a list of this length reads better as text


def test_every_name_has_a_number_or_is_of_another_machine() -> None:
    assert tiers.DOCKER - set(NUMBERS["x86_64"]) - set(NUMBERS["aarch64"]) == FOREIGN
