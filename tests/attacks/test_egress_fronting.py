"""Behind an allowed name or an allowed port something else: other hosts, other protocols, addresses inside.

The unmodified broker in a network of its own (tests/egress_world.py), with names that lead where an attacker's would.
"""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from brokers import head_of, sent
from egress_world import BANNER, OTHER, PUBLIC, reached, world
from support import open_to_all

pytestmark = pytest.mark.engine("bwrap")
RULES = ("good.test:443", "good.test:80", "good.test:8080", "good.test:22", "private.test:443", "meta.test:443", "alibaba.test:443",
         "loop.test:443", "both.test:443", "*.good.test:443")  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("world")
    open_to_all(place)
    with world(place, RULES) as started:
        yield started


def hello(name: str | None) -> bytes:
    """A real ClientHello."""
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    context.verify_mode = ssl.CERT_NONE if name is None else ssl.CERT_REQUIRED
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


def through(folder: Path, target: str, first: bytes, rest: bytes = b"") -> tuple[int, bytes]:
    """Status of the CONNECT, and what comes back when these bytes are sent."""
    with sent(folder / "out.sock", f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode()) as peer:
        status, _ = head_of(peer)
        if status != 200:
            return status, b""
        peer.sendall(first)
        if rest:
            peer.sendall(rest)
        try:
            return status, peer.recv(65536)
        except ConnectionResetError:
            return status, b""


def arrived(folder: Path, data: bytes) -> bool:
    return any(text == data.decode("latin-1") for _, _, text in reached(folder))


def test_what_names_its_host_passes(folder: Path) -> None:
    """The positive control of the rest."""
    for data, port in ((hello("good.test"), 443), (b"GET /a HTTP/1.1\r\nHost: good.test\r\n\r\n", 80), (b"\0binary", 8080)):
        assert through(folder, f"good.test:{port}", data) == (200, data)
        assert arrived(folder, data)
    assert {address for address, _, _ in reached(folder)} == {PUBLIC}
    below = hello("sub.good.test")
    assert through(folder, "sub.good.test:443", below) == (200, below)


def test_a_server_that_speaks_first_is_heard(folder: Path) -> None:
    assert through(folder, "good.test:22", b"") == (200, BANNER)


@pytest.mark.parametrize(
    ("port", "data"),
    [
        (443, hello("other.test")), (443, hello(None)), (8080, hello("other.test")), (443, b"SSH-2.0-x\r\n"), (80, b"\0\0\0"),
        (80, b"GET /front HTTP/1.1\r\nHost: other.test\r\n\r\n"), (8080, b"GET /front HTTP/1.1\r\nHost: other.test\r\n\r\n"),
        (80, b"GET http://other.test/front HTTP/1.1\r\nHost: good.test\r\n\r\n"), (443, b"GET /front HTTP/1.1\r\nHost: other.test\r\n\r\n"),
        (80, b"CONNECT other.test:443 HTTP/1.1\r\nHost: other.test:443\r\n\r\n"),
    ],
)  # fmt: skip
def test_another_host_behind_an_allowed_name(folder: Path, port: int, data: bytes) -> None:
    before = reached(folder)
    status, back = through(folder, f"good.test:{port}", data)
    assert status == 200
    assert data not in back
    assert reached(folder) == before
    if data[:1] == b"\x16":
        assert back == bytes((21, 3, 3, 0, 2, 2, 49)), "a TLS alert, so that the client says access denied"


def test_a_name_cut_into_pieces(folder: Path) -> None:
    """A ClientHello in two segments and in records of one byte: judged when it is whole."""
    data, bad = hello("good.test"), hello("other.test")
    assert through(folder, "good.test:443", data[:60], data[60:])[0] == 200
    pieces = b"".join(b"\x16\x03\x01\0\x01" + bad[at : at + 1] for at in range(5, len(bad)))
    before = reached(folder)
    assert through(folder, "good.test:443", pieces[:5000], pieces[5000:]) == (200, bytes((21, 3, 3, 0, 2, 2, 49)))
    assert reached(folder) == before


@pytest.mark.parametrize(
    ("name", "why"),
    [("private.test", "private"), ("meta.test", "cloud metadata"), ("alibaba.test", "cloud metadata"), ("loop.test", "loopback"),
     ("both.test", "private")],
)  # fmt: skip
def test_an_allowed_name_that_leads_inside(folder: Path, name: str, why: str) -> None:
    with sent(folder / "out.sock", f"CONNECT {name}:443 HTTP/1.1\r\nHost: {name}:443\r\n\r\n".encode()) as peer:
        status, fields = head_of(peer)
    assert (status, fields["Catalyst-Reason"]) == (403, f"it leads to a {why} address")


def test_the_address_of_an_allowed_name(folder: Path) -> None:
    """The workload knows it from elsewhere: an address is no name, and the neighbour's is not either."""
    for address in (PUBLIC, OTHER):
        assert through(folder, f"{address}:443", hello("good.test"))[0] == 403


def test_names_of_private_hosts_pass_where_the_owner_says_so(tmp_path: Path) -> None:
    open_to_all(tmp_path)
    with world(tmp_path, ["private.test+private:8080", "meta.test+private+loopback:80", "both.test+private:8080"]) as place:
        assert through(place, "private.test:8080", b"\0x") == (200, b"\0x")
        assert through(place, "both.test:8080", b"\0x")[0] == 200
        assert through(place, "meta.test:80", b"\0x")[0] == 403
        assert {address for address, _, _ in reached(place)} <= {"10.0.0.7", PUBLIC}


def test_the_internet_without_what_lies_inside(tmp_path: Path) -> None:
    """Reach `internet`: any public host on any port, no private one, no metadata."""
    open_to_all(tmp_path)
    with world(tmp_path, [], "internet") as place:
        assert through(place, "other.test:3333", b"\0x") == (200, b"\0x")
        assert through(place, f"{OTHER}:3333", b"\0x") == (200, b"\0x")
        for target in ("private.test:443", "10.0.0.7:443", "meta.test:80", "169.254.169.254:80", "loop.test:22", "both.test:443"):
            assert through(place, target, b"\0x")[0] == 403
    (tmp_path / "second").mkdir()
    open_to_all(tmp_path / "second")
    with world(tmp_path / "second", [], "internet", private=True) as place:
        assert through(place, "private.test:443", b"\0x") == (200, b"\0x")
        assert through(place, "meta.test:80", b"\0x")[0] == 403
