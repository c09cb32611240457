"""The workload makes requests to a token's host every way it can think of; what comes back never holds the token.

The unmodified broker and a host that says back what it was told. First the control: the host does get the token.
"""

import base64
import html
import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from brokers import drained
from token_world import HOST, VALUE, World, ok, world

RAW = VALUE.encode()


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[World]:
    """A host that only says fine."""
    with world(tmp_path) as started:
        yield started


def test_the_control_the_host_gets_the_token_and_the_program_its_answer(plain: World) -> None:
    answer = plain.get("/models/one")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\nfine")
    assert f"authorization: Bearer {VALUE}\r\n" in plain.last()
    assert plain.last().startswith("GET /models/one HTTP/1.1\r\n")
    assert VALUE not in plain.log()
    assert '"token": "HF_TOKEN"' in plain.log()


@pytest.mark.parametrize(
    "field",
    ["Authorization: Bearer hf_thieves_own_0123", "authorization: Basic aGZfdGhpZXZlc19vd25fMDEyMw==",
     "Cookie: hf_thieves_own_0123", "X-Api-Key: hf_thieves_own_0123",
     "Proxy-Authorization: hf_thieves_own_0123", "X-Auth-Token: hf_thieves_own_0123"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_credential_of_the_programs_own_is_taken_off(plain: World, field: str, method: str) -> None:
    """With one of its own it would upload into an account of its own, through an allowed host."""
    answer = plain.get("/x", field, "Content-Length: 0", method=method)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert "thieves" not in plain.last()
    assert "aGZf" not in plain.last()


@pytest.mark.parametrize(
    ("target", "seen"),
    [("/d?token=hf_thieves", "/d"), ("/d?a=1&token=hf_thieves&b=2", "/d?a=1&b=2"), ("/d?TOKEN=hf_thieves", "/d"),
     ("/d?%74oken=hf_thieves", "/d"), ("/d?access_token=hf_thieves&type=Model", "/d?type=Model"),
     ("/d?a=1;token=hf_thieves", "/d?a=1"),
     ("/d?api%5Fkey=hf_thieves", "/d"), ("/d?+token=hf_thieves", "/d"), ("/d?tokens=3", "/d?tokens=3")],
)  # fmt: skip
def test_a_credential_in_the_query_is_taken_off(plain: World, target: str, seen: str) -> None:
    plain.get(target)
    assert plain.last().startswith(f"GET {seen} HTTP/1.1\r\n")
    assert "thieves" not in plain.last()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_with_another_method_goes_no_token(plain: World, method: str) -> None:
    assert plain.get("/x", "Content-Length: 0", method=method).startswith(b"HTTP/1.1 200 ")
    assert "authorization" not in plain.last().lower()


@pytest.mark.parametrize(
    "field", ["X-HTTP-Method-Override: DELETE", "X-Method-Override: PUT", "X-Original-URL: /api/whoami",
              "X-Rewrite-URL: /settings", "X-Forwarded-Host: evil.org", "Forwarded: host=evil.org"])  # fmt: skip
def test_no_field_makes_another_request_of_one_with_a_token(plain: World, field: str) -> None:
    plain.get("/x", field)
    assert VALUE in plain.last()
    assert field.partition(":")[0].lower() not in plain.last().lower()


def test_a_body_goes_without_a_token(plain: World) -> None:
    plain.send(f"GET /x HTTP/1.1\r\nHost: {HOST}:{plain.port}\r\nContent-Length: 3\r\n\r\nabc".encode())
    assert VALUE not in plain.last()


@pytest.mark.parametrize(
    ("path", "with_token"),
    [("/api/models", True), ("/api/models/one", True), ("/api/models/a%20b", True), ("/api/modelsx", False), ("/api", False),
     ("/api/models/../whoami", False), ("/api/models/%2e%2e/whoami", False), ("/api/models//x", False),
     ("//api/models/x", False), ("/api%2Fmodels/x", False), ("/api/models/%252e%252e/x", False),
     ("/api/models/..;/x", False), ("/api/models/x\\..\\y", False),
     ("/api/models/%ff", False), ("/API/models/x", False), ("/api/models/%00", False), ("/", False)],
)  # fmt: skip
def test_only_below_its_paths(tmp_path: Path, path: str, with_token: bool) -> None:
    with world(tmp_path, paths=("/api/models",)) as started:
        assert started.get(path).startswith(b"HTTP/1.1 200 ")
        assert (VALUE in started.last()) == with_token


WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str, "lower": str.lower, "upper": str.upper, "backwards": lambda text: text[::-1],
    "percent": lambda text: quote(text, safe=""), "percent all": lambda text: "".join(f"%{ord(one):02x}" for one in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of a login": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "base64 of a header": lambda text: base64.b64encode(f'{{"authorization": "Bearer {text}"}}'.encode()).decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(f"x{text}".encode()).decode(),
    "hex": lambda text: text.encode().hex(), "JSON": lambda text: json.dumps({"a": text}),
    "JSON all": lambda text: "".join(f"\\u{ord(one):04x}" for one in text), "HTML": html.escape,
    "HTML all": lambda text: "".join(f"&#{ord(one)};" for one in text),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("where", ["body", "field", "chunks", "until the end", "status", "trailer"])
def test_a_host_that_gives_it_back_is_cut(tmp_path: Path, way: str, where: str) -> None:
    given = WAYS[way](VALUE).encode()
    ahead = b"x" * 70_000

    def answer(_: bytes) -> bytes:
        match where:
            case "body":
                return ok(ahead + given + b"behind")
            case "field":
                return ok(b"behind", f"X-Echo: {given.decode()}")
            case "status":
                return b"HTTP/1.1 200 " + given + b"\r\nContent-Length: 6\r\n\r\nbehind"
            case "until the end":
                return b"HTTP/1.1 200 OK\r\n\r\n" + ahead + given + b"behind"
            case "trailer":
                return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Echo: " + given + b"\r\n\r\n"
            case _:
                return chunked()

    def chunked() -> bytes:
        pieces = [given[at : at + 5] for at in range(0, len(given), 5)]
        chunks = b"".join(b"%x;a=b\r\n%b\r\n" % (len(one), one) for one in (ahead, *pieces, b"behind"))
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"

    with world(tmp_path, answer) as started:
        got = started.get()
        assert VALUE in started.last(), "the host did not have it"
        assert given not in got
        assert not any(given[at : at + 12] in got for at in range(len(given) - 11))
        if where == "trailer":
            assert got.endswith(b"2\r\nok\r\n0\r\n\r\n")
            return
        assert b"behind" not in got
        assert not got.endswith(b"0\r\n\r\n"), "it looks whole"
        assert "withheld" in started.log()
        assert VALUE not in started.log()


def test_even_where_the_token_came_with_another_request(tmp_path: Path) -> None:
    """The host keeps it, and says it to a request that had none."""
    with world(tmp_path, lambda data: ok(RAW) if data.startswith(b"POST") else ok()) as started:
        started.get("/x")
        got = started.get("/x", "Content-Length: 0", method="POST")
        assert VALUE not in started.last()
        assert RAW not in got


@pytest.mark.parametrize("coding", ["gzip", "br", "x-unknown", "identity, gzip"])
def test_an_answer_that_cannot_be_searched_is_withheld(tmp_path: Path, coding: str) -> None:
    with world(tmp_path, lambda _: ok(b"squeezed", f"Content-Encoding: {coding}")) as started:
        got = started.get("/x", "Accept-Encoding: gzip, br")
        assert "accept-encoding: identity\r\n" in started.last()
        assert got.startswith(b"HTTP/1.1 502 ")
        assert b"squeezed" not in got


def test_a_session_that_the_host_opens_is_not_the_programs(tmp_path: Path) -> None:
    with world(tmp_path, lambda _: ok(b"fine", "Set-Cookie: session=abc", "set-cookie: b=c", "ETag: 1")) as started:
        got = started.get()
        assert b"ookie" not in got
        assert b"etag: 1\r\n" in got


@pytest.mark.parametrize("where", ["http://evil.org/", "https://cdn.example.org/a?sig=1", "//evil.org/", "/else"])
def test_a_redirect_goes_to_the_program_and_the_token_does_not_follow(tmp_path: Path, where: str) -> None:
    answer = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode()
    with world(tmp_path, lambda _: answer) as started:
        got = started.get("/x")
        assert f"location: {where}\r\n".encode() in got
        assert len(started.reached) == 1
        assert [line["host"] for line in json.loads(started.log())] == [HOST]


@pytest.mark.parametrize("host", ["evil.org", "localhost", "localhost:1", "LOCALHOST.evil.org", "127.0.0.1"])
def test_another_host_in_the_request_is_refused(plain: World, host: str) -> None:
    got = plain.send(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert got.startswith(b"HTTP/1.1 400 ")
    assert plain.reached == []


@pytest.mark.parametrize(
    "text",
    ["GET / HTTP/1.1\r\nHost: {host}\r\nHost: evil.org\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: host\r\n\r\n",
     "GET http://evil.org/ HTTP/1.1\r\nHost: {host}\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
     "GET / HTTP/2.0\r\nHost: {host}\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: {host}\r\n\r\nGET /second HTTP/1.1\r\nHost: {host}\r\n\r\n",
     "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: {host}\r\nX: a\r\n b\r\n\r\n", "GET / HTTP/1.1\r\nHost: {host}\nX: b\r\n\r\n"],
)  # fmt: skip
def test_a_request_that_can_be_read_in_two_ways_is_refused(plain: World, text: str) -> None:
    got = plain.send(text.format(host=f"{HOST}:{plain.port}").encode())
    assert got.startswith(b"HTTP/1.1 400 "), got
    assert plain.reached == []


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
     b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: a\nY: b\r\n\r\n", b""],
)  # fmt: skip
def test_an_answer_that_can_be_read_in_two_ways_is_withheld(tmp_path: Path, answer: bytes) -> None:
    with world(tmp_path, lambda _: answer) as started:
        assert started.get().startswith(b"HTTP/1.1 502 ")


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
               b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
               b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nshort\r\n0\r\n\r\n"])  # fmt: skip
def test_an_answer_that_was_cut_off_looks_cut_off(tmp_path: Path, answer: bytes) -> None:
    """A model file that is whole to its reader and is not would be worse than an error."""
    with world(tmp_path, lambda _: answer) as started:
        got = started.get()
        assert got.startswith(b"HTTP/1.1 200 OK")
        assert not got.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("name", ["evil.org", "other.localhost"])
def test_tls_for_another_name_ends_in_the_handshake(plain: World, name: str) -> None:
    with pytest.raises(ssl.SSLError):
        plain.connect(name, verify=False)
    assert plain.reached == []


def test_what_is_no_tls_gets_nothing(plain: World) -> None:
    _, _, peer = plain.running.connect(f"{HOST}:{plain.port}")
    with peer:
        peer.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}:{plain.port}\r\n\r\n".encode())
        assert b"HTTP" not in drained(peer)
    assert plain.reached == []


@pytest.mark.parametrize("names", [("evil.org",), ("localhost.evil.org",)])
def test_a_host_with_another_name_gets_no_token(tmp_path: Path, names: tuple[str, ...]) -> None:
    with world(tmp_path, names=names) as started:
        assert started.get().startswith(b"HTTP/1.1 502 ")
        assert started.reached == []


def test_a_host_that_nobody_vouches_for_gets_no_token(tmp_path: Path) -> None:
    with world(tmp_path, trusted=False) as started:
        assert started.get().startswith(b"HTTP/1.1 502 ")
        assert started.reached == []
        assert "certificate" in started.log()


def test_a_host_without_a_token_is_carried_as_it_is(tmp_path: Path) -> None:
    """TLS does not end in the broker: its authority vouches for nobody else, and the host's own certificate is seen."""
    with world(tmp_path, hosts=("other.test",)) as started:
        with pytest.raises(ssl.SSLCertVerificationError):
            started.connect()
        with started.connect(verify=False) as peer:
            peer.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}:{started.port}\r\nAuthorization: own\r\n\r\n".encode())
            assert peer.recv(65536)
    assert "Authorization: own" in started.last()


def test_a_client_of_http_1_0_gets_the_answer_until_the_end(tmp_path: Path) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"
    with world(tmp_path, lambda _: chunked) as started:
        assert started.get(version="1.0").endswith(b"\r\n\r\nabcdef")
        assert started.get().endswith(b"\r\n\r\n6\r\nabcdef\r\n0\r\n\r\n")
