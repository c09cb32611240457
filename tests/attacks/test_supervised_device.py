"""A supervised socket is bound to the loopback device, and only the guard connects it. Everything here tries to take it to
a machine beyond another device, first unsupervised, where each way leads there, then supervised."""

import os
from pathlib import Path

import pytest

from supervised import Far, run, unsupervised

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes network namespaces")

WAYS = """
FAR, FAR6, PORT = ("10.213.7.2", 7000), ("fd13:7::2", 7000), 7000
index = socket.if_nametoindex("cfar0")
def slow(s):  # as a blocking socket, or the kernel says EINPROGRESS
    s.settimeout(None)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", 1, 500000))
    return s
def talk(s):
    s.settimeout(1.5)
    return s.recv(9).decode()
def plain(s): s.connect(FAR); return talk(s)
def six(s): s.connect(FAR6); return talk(s)
def mapped(s): s.connect(("::ffff:10.213.7.2", PORT)); return talk(s)
def zone(s): s.connect((*FAR6, 0, index)); return talk(s)
def device(s): s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"cfar0\\0"); return plain(s)
def no_device(s): s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b""); return plain(s)
def no_device_nul(s): s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"\\0"); return plain(s)
def index_0(s): s.setsockopt(socket.SOL_SOCKET, 62, 0); return plain(s)  # SO_BINDTOIFINDEX
def index_n(s): s.setsockopt(socket.SOL_SOCKET, 62, index); return plain(s)
def unicast(s): s.setsockopt(socket.IPPROTO_IP, 50, struct.pack("!I", index)); return plain(s)  # IP_UNICAST_IF
def unicast6(s): s.setsockopt(socket.IPPROTO_IPV6, 76, struct.pack("!I", index)); return six(s)
def packet_info(s): s.setsockopt(socket.IPPROTO_IPV6, 50, struct.pack("16sI", bytes(16), index)); return six(s)
def source(s): s.bind(("10.213.7.1", 0)); return plain(s)
def fast_option(s): s.setsockopt(socket.IPPROTO_TCP, 30, 1); s.connect(FAR); s.send(b"x"); return talk(s)
def fast_sendto(s): slow(s).sendto(b"x", socket.MSG_FASTOPEN, FAR); return talk(s)
def fast_sendmsg(s): slow(s).sendmsg([b"x"], (), socket.MSG_FASTOPEN, FAR); return talk(s)
def fast_mapped(s): slow(s).sendto(b"x", socket.MSG_FASTOPEN, ("::ffff:10.213.7.2", PORT)); return talk(s)
def reconnect(s):
    with socket.create_server(("127.0.0.1", 0)) as server:
        s.connect(server.getsockname())
        libc.connect(s.fileno(), bytes(16), 16)  # AF_UNSPEC
        return plain(s)
def other_family(s):  # an IPv6 socket that becomes one of IPv4
    with socket.create_server(("127.0.0.1", 0)) as server:
        s.connect(("::ffff:127.0.0.1", server.getsockname()[1]))
        s.setsockopt(socket.IPPROTO_IPV6, 1, socket.AF_INET)  # IPV6_ADDRFORM
        libc.connect(s.fileno(), bytes(16), 16)
        address = struct.pack("=H", 2) + struct.pack("!H4s8x", PORT, socket.inet_aton("10.213.7.2"))
        s.settimeout(1.5)
        libc.connect(s.fileno(), address, 16)
        return talk(s)
IPV6 = {six, mapped, zone, unicast6, packet_info, fast_mapped, other_family}
for way in [one for key, one in sorted(globals().items()) if callable(one) and getattr(one, "__module__", "") == "__main__"
            and key not in {"talk", "slow", "code", "say", "port_of"}]:
    s = socket.socket(socket.AF_INET6 if way in IPV6 else socket.AF_INET)
    s.settimeout(1.5)
    try: found = way(s)
    except OSError as error: found = errno.errorcode.get(error.errno, repr(error))
    say(**{way.__name__: found})
"""


def test_every_way_leads_there_unsupervised_and_none_supervised(tmp_path: Path, far: Far) -> None:
    open_ways = unsupervised(tmp_path, WAYS, within=far.within).found
    assert {way for way, found in open_ways.items() if found != "FAR"} == set()
    assert len(open_ways) == 19
    before = far.reached
    found = run(tmp_path, WAYS, within=far.within).found
    assert found.keys() == open_ways.keys()
    assert [way for way, said in found.items() if said == "FAR"] == []
    assert far.reached == before


def test_the_binding_alone_holds(tmp_path: Path, far: Far) -> None:
    """No filter, no Landlock: fast open is then a system call that nobody looks at."""
    before = far.reached
    found = run(tmp_path, WAYS, within=far.within, filter=None, tcp_rules=None, scoped=False).found
    assert [way for way, said in found.items() if said == "FAR"] == []
    assert far.reached == before


def test_who_comes_from_there_does_not_get_in(tmp_path: Path, far: Far) -> None:
    """A listener is bound to loopback too, and what it accepts."""
    text = """
s = socket.create_server(("0.0.0.0", 0)); c = socket.create_connection(("127.0.0.1", s.getsockname()[1])); a, _ = s.accept()
say(device=a.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).rstrip(b"\\0").decode(),
    again=code(a.setsockopt, socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b""))
"""
    assert run(tmp_path, text, within=far.within).found == {"device": "lo", "again": "EPERM"}
