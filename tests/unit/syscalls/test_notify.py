"""The program that asks the guard: what it asks about, and that no way to a TCP socket or a connection leads past it."""

import errno
import itertools

import pytest

import bitmap
import filter_machine
from catalyst.guard.egress.supervision import CALLS
from catalyst.policy.model import SystemCalls, Tier
from catalyst.policy.syscalls import tiers
from catalyst.policy.syscalls.numbers import AUDIT_ARCH, NEWEST, NUMBERS
from catalyst.render.seccomp import notify, program

MACHINES = list(NUMBERS)
HIGH = 1 << 32  # a bit that an int argument does not have
REFUSED = program.ERRNO | errno.EPERM
STREAM, INET, INET6 = 1, 2, 10


def ask(machine: str, number: int, *args: int, arch: int | None = None) -> int:
    """What the program says of a call."""
    return filter_machine.run(filter_machine.code(notify.assemble(machine)), number, arch or AUDIT_ARCH[machine], args)


def both(machine: str, tier: Tier, number: int, *args: int, datagrams: bool = False) -> int:
    """What the kernel makes of it and the tier's program together: the strictest, that is the lowest (seccomp(2))."""
    main = program.compile(SystemCalls(tier, datagrams, memory_programs=False), machine)
    other = filter_machine.run(filter_machine.code(main), number, AUDIT_ARCH[machine], args)
    return min(ask(machine, number, *args), other)


@pytest.mark.parametrize("machine", MACHINES)
def test_it_asks_about_four_calls_and_lets_the_rest_pass(machine: str) -> None:
    assert set(CALLS[machine].values()) == {"socket", *notify.ON_ANY}
    assert {name: NUMBERS[machine][name] for name in CALLS[machine].values()} == {
        name: number for number, name in CALLS[machine].items()
    }
    for number in range(NEWEST + 40):
        name = CALLS[machine].get(number)
        assert ask(machine, number, INET, STREAM) == (notify.USER_NOTIF if name else program.ALLOW), number


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("high", [0, HIGH, HIGH << 30])
def test_sockets_by_family_and_type(machine: str, high: int) -> None:
    number = NUMBERS[machine]["socket"]
    for family, kind in itertools.product(range(46), range(16)):
        for flags in (0, 0o2000000 | 0o4000, 1 << 20):  # SOCK_CLOEXEC, SOCK_NONBLOCK; one that the kernel refuses
            said = ask(machine, number, family | high, kind | flags | high, 0)
            asked = family in {INET, INET6} and kind == STREAM
            assert said == (notify.USER_NOTIF if asked else program.ALLOW), (family, kind)


@pytest.mark.parametrize("machine", MACHINES)
def test_only_the_native_architecture(machine: str) -> None:
    for arch in (0x40000003, 0xC000003E, 0xC00000B7, 0x40000028):
        if arch != AUDIT_ARCH[machine]:
            for number in (0, *CALLS[machine], 102, 359, 362):  # socketcall, and i386's socket and connect
                assert ask(machine, number, INET, STREAM, arch=arch) == REFUSED
    if machine == "x86_64":
        for number in CALLS[machine]:
            assert ask(machine, 0x40000000 | number, INET, STREAM) == REFUSED  # x32


@pytest.mark.parametrize(("machine", "tier"), list(itertools.product(MACHINES, Tier)))
@pytest.mark.parametrize("high", [0, HIGH])
def test_with_the_tiers_program_a_tcp_socket_is_the_guards_or_nobodys(machine: str, tier: Tier, high: int) -> None:
    """MPTCP (262), SCTP (132), SMC (family 43), and any other stream of an internet family never get by unasked."""
    number = NUMBERS[machine]["socket"]
    for family, kind, protocol in itertools.product(range(46), range(8), (0, 1, 6, 17, 33, 132, 136, 255, 262, 256)):
        said = both(machine, tier, number, family | high, kind | high, protocol | high)
        if (family, kind, protocol) in {(one, STREAM, tcp) for one in (INET, INET6) for tcp in (0, 6)}:
            assert said == notify.USER_NOTIF
        elif family not in {1, 16}:
            assert said == REFUSED, (family, kind, protocol)


@pytest.mark.parametrize(("machine", "tier"), list(itertools.product(MACHINES, Tier)))
def test_no_tier_answers_what_makes_or_connects_sockets_otherwise(machine: str, tier: Tier) -> None:
    past = {"io_uring_setup", "io_uring_enter", "io_uring_register", "socketcall", "pidfd_getfd", "ptrace",
            "process_vm_writev", "clone3", "unshare", "setns"}  # fmt: skip
    assert not past & tiers.allowed(tier) - {"clone3"}
    for name in past & set(NUMBERS[machine]):
        assert both(machine, tier, NUMBERS[machine][name]) in {REFUSED, program.ERRNO | errno.ENOSYS}, name
    fast_open = 0x20000000
    for name, index in {"sendto": 3, "sendmsg": 2, "sendmmsg": 3}.items():
        arguments = [0] * 6
        arguments[index] = fast_open
        assert both(machine, tier, NUMBERS[machine][name], *arguments) == REFUSED


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_it_does_not_ask_about_stay_on_the_kernels_bitmap(machine: str) -> None:
    code = bitmap.instructions(notify.assemble(machine))
    asked = {number for number in range(NEWEST) if bitmap.constant(code, number, AUDIT_ARCH[machine])
             is not bitmap.Constant.ALLOW}  # fmt: skip
    assert asked == set(CALLS[machine])
