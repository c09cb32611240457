"""127.0.0.1 and the metadata service have many spellings, and a resolver understands most of them.

Each is asked for by CONNECT and by a plain request where names are free to use (reach `internet`): a check that compares
text lets them pass. Nothing may reach the listener on loopback.
"""

import socket
from ipaddress import ip_address
from pathlib import Path

import pytest

from brokers import broker, stub
from catalyst.egress.rules import parse
from catalyst.services.broker import decide
from catalyst.services.broker.decide import Policy

LOOPBACK = ("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0X7F.0.0.1", "0177.0.0.1", "017700000001", "127.0.0.1.",
            "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::1]", "[0:0:0:0:0:0:0:1]", "0", "0.0.0.0", "[::]", "[::127.0.0.1]",
            "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "localhost", "LOCALHOST.", "127.255.255.254")  # fmt: skip
METADATA = ("169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]", "[fe80::1]",
            "[fd00:ec2::254]", "[fd20:ce::254]", "100.100.100.200", "168.63.129.16", "192.0.0.192", "[64:ff9b::a9fe:a9fe]",
            "[2002:a9fe:a9fe::1]", "[2001:0:a9fe:a9fe::1]")  # fmt: skip
PRIVATE = ("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "[fd00::1]", "[fec0::1]", "[::ffff:10.0.0.1]", "0xa000001", "224.0.0.1",
           "255.255.255.255", "198.19.255.255", "[ff02::1]", "[64:ff9b:1::a00:1]")  # fmt: skip
NEITHER = ("[fe80::1%25lo]", "[::1%lo]", "1.2.3.4.5", "256.256.256.256", "127.0.0.1%00.example.org", "[127.0.0.1]",
           "127.0.0.1@example.org", "exa mple.org")  # fmt: skip


def test_the_resolver_does_understand_them() -> None:
    """The positive control: getaddrinfo takes each of these for loopback, so passing one on would connect."""
    for text in ("127.1", "2130706433", "0x7f000001", "0177.0.0.1", "017700000001"):
        assert socket.getaddrinfo(text, 80, socket.AF_INET, socket.SOCK_STREAM)[0][4][0] == "127.0.0.1", text


@pytest.mark.parametrize("host", [*LOOPBACK, *METADATA, *PRIVATE, *NEITHER])
def test_no_spelling_gets_out_of_the_internet(tmp_path: Path, host: str) -> None:
    with stub() as server, broker(tmp_path, reach="internet") as running:
        status, fields, peer = running.connect(f"{host}:{server.port}")
        peer.close()
        assert status == (400 if host in NEITHER else 403), fields
        plain = running.answer(f"GET http://{host}:{server.port}/ HTTP/1.1\r\nHost: {host}:{server.port}\r\n\r\n".encode())
        assert plain.split()[1] == str(status).encode()
        assert server.reached == []


def test_with_private_networks_allowed_the_others_stay_closed(tmp_path: Path) -> None:
    with stub() as server, broker(tmp_path, reach="internet", private=True) as running:
        for host in (*LOOPBACK, *METADATA):
            status, _, peer = running.connect(f"{host}:{server.port}")
            peer.close()
            assert status == 403, host
        assert server.reached == []


def test_without_a_rule_of_its_own_no_address_is_reached(tmp_path: Path) -> None:
    rules = ["*.example.org:*", "example.org:*"]
    with broker(tmp_path, rules) as running:
        for host in (*LOOPBACK, *METADATA, *PRIVATE, "8.8.8.8", "[2606:4700::1]"):
            status, _, peer = running.connect(f"{host}:443")
            peer.close()
            assert status == 403, host


def test_a_rule_for_the_address_opens_it_in_every_spelling(tmp_path: Path) -> None:
    """The positive control of it all: the broker does connect where it may."""
    with stub() as server, broker(tmp_path, [f"127.0.0.1:{server.port}"]) as running:
        for host in ("127.0.0.1", "127.1", "2130706433", "[::ffff:127.0.0.1]"):
            status, _, peer = running.connect(f"{host}:{server.port}")
            with peer:
                assert status == 200, host
                peer.sendall(b"hello")
                assert peer.recv(5) == b"hello"
        status, fields, peer = running.connect(f"127.0.0.2:{server.port}")
        peer.close()
        assert (status, fields["Catalyst-Reason"]) == (403, "an address needs a rule of its own")


def test_this_machine_has_other_addresses_than_loopback(tmp_path: Path) -> None:
    """What listens on all interfaces is reached by the machine's own address as well as by 127.0.0.1.

    This machine's own one may be closed anyway, so a public one is made the machine's for the policy alone.
    """
    own, other = ip_address("93.184.216.34"), ip_address("93.184.216.35")
    policy = Policy("internet", private=True, rules=[])
    assert policy.answers("example.org", 443, [own]).allowed, "the positive control: it is not ours"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decide, "own", lambda address: address == own)
        assert not policy.answers("example.org", 443, [own]).allowed
        assert policy.answers("example.org", 443, [other]).allowed
        assert Policy("hosts", private=False, rules=[parse("93.184.216.34:443")]).answers(own, 443, [own]).allowed
        assert not Policy("hosts", private=False, rules=[parse("93.184.216.0/24")]).answers(own, 443, [own]).allowed


def test_the_kernel_says_which_addresses_are_our_own() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("127.0.0.1", 9))
        found = probe.getsockname()[0]
    assert decide.own(ip_address(found))
    assert not decide.own(ip_address("127.0.0.9")), "a loopback address from which the kernel does not send by itself"
