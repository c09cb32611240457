"""What an address in connect(2) means, in every spelling and length."""

import errno
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.guard.egress.address import Decision, Disconnect, Local, NotOurs, Outside, Refused, decide

INET, INET6 = socket.AF_INET, socket.AF_INET6


def v4(ip: str, port: int, family: int = INET) -> bytes:
    return struct.pack("=H", family) + struct.pack("!H4s8x", port, socket.inet_aton(ip))


def v6(ip: str, port: int, flow: int = 0, scope: int = 0) -> bytes:
    return struct.pack("=H", INET6) + struct.pack("!HI16sI", port, flow, socket.inet_pton(INET6, ip), scope)


def judge(raw: bytes, family: int, *, door: bool = True, own: tuple[int, ...] = ()) -> Decision:
    return decide(raw, len(raw), family, door=door, own=own)


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.255.255.254", "127.1.2.3", "0.0.0.0"])
@pytest.mark.parametrize("door", [True, False])
def test_loopback(ip: str, door: bool) -> None:
    assert judge(v4(ip, 8188), INET, door=door) == Local((ip, 8188))
    assert judge(v6(f"::ffff:{ip}", 8188), INET6, door=door) == Local((f"::ffff:{ip}", 8188))


@pytest.mark.parametrize("ip", ["::1", "::"])
def test_loopback_of_ipv6(ip: str) -> None:
    assert judge(v6(ip, 80), INET6) == Local((ip, 80))
    assert judge(v6(ip, 80, scope=7), INET6) == Local((ip, 80))


OUTSIDE = [
    (v4("203.0.113.7", 443), INET, "203.0.113.7"), (v4("169.254.169.254", 443), INET, "169.254.169.254"),
    (v4("10.0.0.1", 443), INET, "10.0.0.1"), (v4("255.255.255.255", 443), INET, "255.255.255.255"),
    (v4("224.0.0.1", 443), INET, "224.0.0.1"), (v4("0.0.0.1", 443), INET, "0.0.0.1"),
    (v4("126.255.255.255", 443), INET, "126.255.255.255"), (v4("128.0.0.0", 443), INET, "128.0.0.0"),
    (v6("::ffff:203.0.113.7", 443), INET6, "203.0.113.7"), (v6("::ffff:169.254.169.254", 443), INET6, "169.254.169.254"),
    (v6("2001:db8::1", 443), INET6, "2001:db8::1"), (v6("fe80::1", 443, scope=2), INET6, "fe80::1"),
    (v6("::127.0.0.1", 443), INET6, "::127.0.0.1"),  # IPv4-compatible: no loopback
    (v6("64:ff9b::7f00:1", 443), INET6, "64:ff9b::7f00:1"), (v6("::2", 443), INET6, "::2"),
    (v6("::ffff:0:127.0.0.1", 443), INET6, "::ffff:0:7f00:1"), (v6("fd00:ec2::254", 443), INET6, "fd00:ec2::254"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "family", "text"), OUTSIDE)
def test_everything_else_is_the_brokers_to_judge_or_refused_where_there_is_none(raw: bytes, family: int, text: str) -> None:
    found = judge(raw, family)
    assert isinstance(found, Outside)
    assert (socket.inet_pton(INET6 if ":" in text else INET, found.host), found.port) == (
        socket.inet_pton(INET6 if ":" in text else INET, text), 443)  # fmt: skip
    assert ("." in found.host) == ("." in text) or ":" in text
    assert judge(raw, family, door=False) == Refused(errno.EACCES)


def test_names_are_asked_of_the_broker_whatever_the_address() -> None:
    assert judge(v4("127.0.0.1", 53), INET) == Outside("127.0.0.1", 53)
    assert judge(v4("127.0.0.53", 53), INET) == Outside("127.0.0.53", 53)
    assert judge(v6("::1", 53), INET6) == Outside("::1", 53)
    assert judge(v6("::ffff:127.0.0.1", 53), INET6) == Outside("127.0.0.1", 53)
    assert judge(v4("127.0.0.1", 53), INET, door=False) == Local(("127.0.0.1", 53))


def test_the_guards_own_ports_are_nobody_elses() -> None:
    for ip in ("127.0.0.1", "127.0.0.9", "0.0.0.0"):
        assert judge(v4(ip, 4711), INET, own=(4711,)) == Refused(errno.ECONNREFUSED)
        assert judge(v6(f"::ffff:{ip}", 4711), INET6, own=(4711,)) == Refused(errno.ECONNREFUSED)
    assert judge(v6("::1", 4711), INET6, own=(4711,)) == Refused(errno.ECONNREFUSED)


@pytest.mark.parametrize("length", range(300))
def test_lengths(length: int) -> None:
    """As net/socket.c, net/ipv4/af_inet.c and net/ipv6/tcp_ipv6.c have it: too long and too short are EINVAL."""
    for raw, family, shortest in ((v4("203.0.113.7", 443), INET, 16), (v6("2001:db8::1", 443), INET6, 24)):
        found = judge((raw + bytes(300))[:length], family)
        assert isinstance(found, Outside) == (shortest <= length <= 128), length
        if not isinstance(found, Outside):
            assert found == Refused(errno.EINVAL)


def test_a_length_that_was_not_read_is_refused() -> None:
    assert decide(b"", -1, INET, door=True) == Refused(errno.EINVAL)
    assert decide(v4("203.0.113.7", 443), 1 << 30, INET, door=True) == Refused(errno.EINVAL)
    assert decide(v4("203.0.113.7", 443)[:8], 16, INET, door=True) == Refused(errno.EINVAL)


def test_families() -> None:
    assert judge(struct.pack("=H", socket.AF_UNSPEC), INET) == Disconnect()
    assert judge(struct.pack("=H", socket.AF_UNIX) + b"/run/x\0", INET) == NotOurs()
    assert judge(struct.pack("=HHII", socket.AF_NETLINK, 0, 0, 0), INET) == NotOurs()
    assert judge(v4("203.0.113.7", 443), INET6) == Refused(errno.EINVAL)  # shorter than an IPv6 address
    assert judge(v4("203.0.113.7", 443) + bytes(12), INET6) == Refused(errno.EAFNOSUPPORT)
    assert judge(v6("2001:db8::1", 443), INET) == Refused(errno.EAFNOSUPPORT)
    assert judge(v4("203.0.113.7", 443, family=40), INET) == Refused(errno.EAFNOSUPPORT)  # AF_VSOCK
    assert judge(v4("203.0.113.7", 443), socket.AF_UNSPEC) == Refused(errno.EAFNOSUPPORT)  # a socket nobody knows


def test_port_0() -> None:
    assert judge(v4("203.0.113.7", 0), INET) == Refused(errno.EADDRNOTAVAIL)
    assert judge(v4("127.0.0.1", 0), INET) == Local(("127.0.0.1", 0))


@given(st.binary(max_size=140), st.sampled_from([INET, INET6, socket.AF_UNSPEC]), st.booleans())
def test_any_bytes_get_an_answer_and_only_loopback_is_local(raw: bytes, family: int, door: bool) -> None:
    found = judge(raw, family, door=door)
    if isinstance(found, Local):
        ip = socket.inet_pton(family, str(found.address[0]))
        assert ip in {bytes(16), bytes(15) + b"\1", bytes(4)} or ip.removeprefix(bytes(10) + b"\xff\xff")[0] in {0, 127}
    if isinstance(found, Outside):
        assert door
        assert 0 < found.port < 65536


@given(st.binary(min_size=16, max_size=16), st.integers(0, 65535))
def test_no_ipv6_address_but_loopback_is_local(ip: bytes, port: int) -> None:
    raw = struct.pack("=H", INET6) + struct.pack("!HI16sI", port, 0, ip, 0)
    local = isinstance(judge(raw, INET6, door=False), Local)
    assert local == (ip in {bytes(16), bytes(15) + b"\1"} or (
        ip[:12] == bytes(10) + b"\xff\xff" and (ip[12] == 127 or ip[12:] == bytes(4))))  # fmt: skip
