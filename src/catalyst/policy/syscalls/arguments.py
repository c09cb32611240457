"""Conditions on arguments. Every parameter named here is an `int` to the kernel, so 32 bits are compared: a filter that
looks at all 64 judges another number than the kernel acts on (CVE-2019-10063)."""

from catalyst.guard.record import Record
from catalyst.policy.model import SystemCalls

ALL = 0xFFFFFFFF


class Condition(Record):
    """(argument number `index` & `mask`) == `value`."""

    index: int
    value: int
    mask: int = ALL


Alternatives = tuple[tuple[Condition, ...], ...]  # any of these, each with all of its conditions

UNIX, INET, INET6, NETLINK = 1, 2, 10, 16
STREAM, DGRAM, RAW, SEQPACKET = 1, 2, 3, 5
TCP, UDP, ROUTE = 6, 17, 0
TYPE = 0xF  # SOCK_CLOEXEC and SOCK_NONBLOCK lie above it


def _socket(family: int, kind: int, *protocols: int) -> Alternatives:
    return tuple(
        (Condition(0, family), Condition(1, kind, TYPE), Condition(2, protocol)) for protocol in protocols
    )


# No packet, vsock, alg, bluetooth, MPTCP (262), SCTP, raw sockets; of netlink only route, which getifaddrs(3) needs.
SOCKETS: Alternatives = (
    *_socket(UNIX, STREAM, 0), *_socket(UNIX, DGRAM, 0), *_socket(UNIX, SEQPACKET, 0),
    *_socket(INET, STREAM, 0, TCP), *_socket(INET6, STREAM, 0, TCP),
    *_socket(NETLINK, DGRAM, ROUTE), *_socket(NETLINK, RAW, ROUTE),
)  # fmt: skip
DATAGRAMS: Alternatives = (*_socket(INET, DGRAM, 0, UDP), *_socket(INET6, DGRAM, 0, UDP))

_NO_FAST_OPEN = 0x20000000  # MSG_FASTOPEN connects without connect(2)
_NEW_NAMESPACES = 0x7E020000  # CLONE_NEW*
_NOEXEC_SEAL = 0x8  # MFD_NOEXEC_SEAL, Linux 6.3: never executable; older kernels answer EINVAL

ALLOWED: dict[str, Alternatives] = {
    "socket": SOCKETS,
    "socketpair": ((Condition(0, UNIX),),),
    "sendto": ((Condition(3, 0, _NO_FAST_OPEN),),),
    "sendmsg": ((Condition(2, 0, _NO_FAST_OPEN),),),
    "sendmmsg": ((Condition(3, 0, _NO_FAST_OPEN),),),
    "clone": ((Condition(0, 0, _NEW_NAMESPACES),),),
    "prlimit64": ((Condition(0, 0),),),  # its own limits: those of another end it by a signal, and a core (SIGXCPU)
    "personality": ((Condition(0, 0),), (Condition(0, ALL),)),
}

# Refused values of calls that are allowed otherwise. An allow list in OCI JSON cannot say it, a program of our own can.
REFUSED: dict[str, tuple[Condition, ...]] = {
    # TIOCSTI and TIOCLINUX type into a terminal; TIOCSETD loads line discipline modules (n_gsm, CVE-2023-6546)
    "ioctl": (Condition(1, 0x5412), Condition(1, 0x541C), Condition(1, 0x5423)),
    "prctl": (Condition(0, 22),),  # PR_SET_SECCOMP
    "seccomp": (Condition(0, 1),),  # SECCOMP_SET_MODE_FILTER: no filter of the workload's under which a program misbehaves
    "execveat": (Condition(4, 0x1000, 0x1000),),  # AT_EMPTY_PATH runs a file that has no name
}

# The guard installs the workload's filter with these, so an outer filter leaves them.
GUARD_USES = frozenset({"prctl", "seccomp"})


def alternatives(name: str, rule: SystemCalls) -> Alternatives | None:
    """The argument rule of a call, None where any argument will do."""
    if name == "socket" and rule.datagrams:
        return SOCKETS + DATAGRAMS
    if name == "memfd_create" and not rule.memory_programs:
        return ((Condition(1, _NOEXEC_SEAL, _NOEXEC_SEAL),),)
    return ALLOWED.get(name)
