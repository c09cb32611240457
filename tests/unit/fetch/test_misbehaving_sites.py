"""One download from a server that does what servers do: it never ends as a whole file that is another one."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalyst.fetcher import part, web
from catalyst.fetcher.failed import Failed
from fetching import BODY, PATH, Page, Site, get, sha256, site

OTHER = BODY[:-1] + b"\1"


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with site() as found:
        yield found


def test_a_good_one(stub: Site, tmp_path: Path) -> None:
    assert get(tmp_path, stub) == BODY
    assert stub.asked == [(PATH, "")]


@pytest.mark.parametrize("tenth", range(11))
@pytest.mark.parametrize("known", [True, False], ids=["hash known", "hash unknown"])
def test_cut_at_every_tenth_it_goes_on_there(stub: Site, tmp_path: Path, tenth: int, *, known: bool) -> None:
    cut = len(BODY) * tenth // 10

    def behave(number: int, page: Page) -> bool:
        if number == 1:
            page.file(BODY, cut=cut)
        return number == 1

    stub.behave = behave
    got = get(tmp_path, stub) if known else get(tmp_path, stub, sha256="", size=None)
    assert got == BODY
    wanted = [""] if tenth == 10 else ["", f"bytes={cut}-" if cut else ""]
    assert [asked for _, asked in stub.asked] == wanted


def test_cut_again_and_again(stub: Site, tmp_path: Path) -> None:
    def behave(_: int, page: Page) -> bool:
        page.file(BODY, cut=len(BODY) // 20)
        return True

    stub.behave = behave
    assert get(tmp_path, stub) == BODY
    assert len(stub.asked) > 15


def test_cut_without_a_byte_it_is_given_up(stub: Site, tmp_path: Path) -> None:
    stub.behave = lambda _, page: page.file(BODY, cut=0)
    with pytest.raises(Failed, match="broke"):
        get(tmp_path, stub)
    assert len(stub.asked) == part.MOST_TRIES


def test_another_file_after_the_cut_begins_anew(stub: Site, tmp_path: Path) -> None:
    """With If-Range the server says so itself; with no validator the hash finds it, and the whole comes once more."""
    def behave(number: int, page: Page) -> bool:
        if number == 1:
            page.file(OTHER[:1] + b"\7" * 10 + OTHER[11:], cut=1000)
        return number == 1

    stub.behave = behave
    assert get(tmp_path, stub) == BODY


@pytest.mark.parametrize("planted", [b"\7" * 5000, BODY[:5000], BODY, BODY + b"\7", b""])
def test_a_part_that_was_there(stub: Site, tmp_path: Path, planted: bytes) -> None:
    (tmp_path / f"{'a' * 24}.part").write_bytes(planted)
    assert get(tmp_path, stub) == BODY


def test_a_part_is_worth_nothing_where_no_hash_judges_it(stub: Site, tmp_path: Path) -> None:
    """The workload may write that folder at `normal`."""
    (tmp_path / f"{'a' * 24}.part").write_bytes(b"\7" * 5000)
    assert get(tmp_path, stub, sha256="") == BODY
    assert stub.asked == [(PATH, "")]


def test_a_link_in_the_parts_place(stub: Site, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (tmp_path / f"{'a' * 24}.part").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic"):
        get(tmp_path, stub)
    assert victim.read_bytes() == b"mine"


def test_a_wrong_hash(stub: Site, tmp_path: Path) -> None:
    stub.files["m.safetensors"] = OTHER
    with pytest.raises(Failed, match=f"sha256 is {sha256(OTHER)}, and {sha256(BODY)}"):
        get(tmp_path, stub)
    assert list(tmp_path.iterdir()) == [], "what is wrong is not gone on with"


@pytest.mark.parametrize("length", [len(BODY) - 1, len(BODY) + 1, 0])
def test_a_wrong_length_that_it_says(stub: Site, tmp_path: Path, length: int) -> None:
    stub.files["m.safetensors"] = (BODY + b"\1")[:length]
    with pytest.raises(Failed, match=f"offers {length} bytes, and {len(BODY)} were promised"):
        get(tmp_path, stub)


def test_more_than_it_says(stub: Site, tmp_path: Path) -> None:
    """What follows the promised bytes is left in the socket."""
    stub.behave = lambda _, page: page.send(200, BODY + b"\7" * 100_000, length=len(BODY))
    assert get(tmp_path, stub) == BODY


def chunked(page: Page, body: bytes, *, end: bool = True) -> bool:
    page.send_response(200)
    page.send_header("Transfer-Encoding", "chunked")
    page.end_headers()
    with contextlib.suppress(OSError):
        for at in range(0, len(body), 50_000):
            one = body[at : at + 50_000]
            page.wfile.write(f"{len(one):x}\r\n".encode() + one + b"\r\n")
        page.wfile.write(b"0\r\n\r\n" if end else b"")
    page.close_connection = True
    return True


def test_chunks(stub: Site, tmp_path: Path) -> None:
    stub.behave = lambda _, page: chunked(page, BODY)
    assert get(tmp_path, stub, size=None) == BODY


def test_chunks_that_never_end_are_stopped_at_the_room_there_is(stub: Site, tmp_path: Path) -> None:
    stub.behave = lambda _, page: chunked(page, bytes(1 << 22))
    with pytest.raises(Failed, match="more than the 100000 bytes that there is room for"):
        get(tmp_path, stub, size=None, sha256="", most=100_000)
    assert (tmp_path / f"{'a' * 24}.part").stat().st_size <= 100_000


def test_chunks_that_break_off(stub: Site, tmp_path: Path) -> None:
    stub.behave = lambda number, page: number == 1 and chunked(page, BODY[:100_000], end=False)
    assert get(tmp_path, stub) == BODY


def test_no_length_at_all_and_no_hash_is_not_believed(stub: Site, tmp_path: Path) -> None:
    """HTTP/1.0: the end of the connection is the end of the file, or a cable."""
    def behave(_: int, page: Page) -> bool:
        page.send_response(200)
        page.end_headers()
        page.wfile.write(BODY)
        page.close_connection = True
        return True

    stub.behave = behave
    with pytest.raises(Failed, match="may be cut short"):
        get(tmp_path, stub, size=None, sha256="")
    assert get(tmp_path, stub, size=None) == BODY, "with a hash it can be judged"


@pytest.mark.parametrize(("status", "words"), [(401, "login"), (403, "login"), (404, "no such file"), (410, "no such"),
                                               (400, "answers 400"), (418, "answers 418"), (204,
                                               "answers 204")])  # fmt: skip
def test_answers_that_asking_again_does_not_change(stub: Site, tmp_path: Path, status: int, words: str) -> None:
    stub.behave = lambda _, page: page.send(status, b"")
    with pytest.raises(Failed, match=words):
        get(tmp_path, stub)
    assert len(stub.asked) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_answers_that_may_pass(stub: Site, tmp_path: Path, status: int) -> None:
    stub.behave = lambda number, page: number < 4 and page.send(status, b"")
    assert get(tmp_path, stub) == BODY
    stub.asked.clear()
    stub.behave = lambda _, page: page.send(status, b"")
    with pytest.raises(Failed, match=f"answers {status}"):
        get(tmp_path, stub, id="b" * 24)
    assert len(stub.asked) == part.MOST_TRIES


@pytest.mark.parametrize(("value", "wait"), [("7", 7.0), ("soon", 1.0), ("-3", 1.0), ("1e9", 1.0), ("", 1.0)])
def test_retry_after(stub: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, wait: float) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    stub.behave = lambda number, page: number == 1 and page.send(429, b"", {"Retry-After": value})
    assert get(tmp_path, stub) == BODY
    assert waits == [wait]


@pytest.mark.parametrize("value", ["3600", "Wed, 21 Oct 2099 07:28:00 GMT", "9999999"])
def test_a_server_that_asks_to_wait_for_ever(stub: Site, tmp_path: Path, value: str) -> None:
    stub.behave = lambda _, page: page.send(503, b"", {"Retry-After": value})
    with pytest.raises(Failed, match="come back in"):
        get(tmp_path, stub)
    assert len(stub.asked) == 1


@pytest.mark.parametrize("where", ["/o/r/again", "", "?x", "//127.0.0.1:1/x", "ftp://127.0.0.1/x", "http://user:pw@127.0.0.1/x",
                                   "http://[", "file:///etc/passwd", "http://127.0.0.1:99999/", "http://other.example/",
                                   "https://user@other.example/", f"/{'x' * 9000}", "/a b", "/\x01",
                                   "javascript:1"])  # fmt: skip
def test_redirects_that_lead_nowhere(stub: Site, tmp_path: Path, where: str) -> None:
    stub.behave = lambda _, page: page.send(302, b"", {"Location": where})
    with pytest.raises(Failed, match=r"redirects|leads to|address that is none|broke|not found"):
        get(tmp_path, stub)
    assert len(stub.asked) <= web.MOST_REDIRECTS * part.MOST_TRIES


def test_a_redirect_on_the_same_site(stub: Site, tmp_path: Path) -> None:
    stub.behave = lambda number, page: number == 1 and page.send(307, b"", {"Location": f"{PATH}?signed=1"})
    assert get(tmp_path, stub) == BODY


@pytest.mark.parametrize("field", ["bytes 5-10/20", "bytes 0-1/*", "", "chars 1-2/3", "bytes 1000-9/400", "bytes 99-1/1"])
def test_a_part_that_is_another_one(stub: Site, tmp_path: Path, field: str) -> None:
    """Never appended: it begins anew."""
    (tmp_path / f"{'a' * 24}.part").write_bytes(BODY[:1000])
    stub.behave = lambda number, page: number == 1 and page.send(206, b"\7" * 50, {"Content-Range": field})
    assert get(tmp_path, stub) == BODY


def test_a_part_nobody_asked_for(stub: Site, tmp_path: Path) -> None:
    field = {"Content-Range": f"bytes 0-49/{len(BODY)}"}
    stub.behave = lambda number, page: number == 1 and page.send(206, b"\7" * 50, field)
    assert get(tmp_path, stub) == BODY


def test_compressed(stub: Site, tmp_path: Path) -> None:
    stub.behave = lambda _, page: page.send(200, b"x", {"Content-Encoding": "gzip"})
    with pytest.raises(Failed, match="compressed"):
        get(tmp_path, stub)


def test_silence_is_not_waited_for(stub: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "STALL", 0.2)
    over = threading.Event()

    def behave(number: int, page: Page) -> bool:
        if number == 1:
            page.send_response(200)
            page.send_header("Content-Length", str(len(BODY)))
            page.end_headers()
            page.wfile.write(BODY[:1000])
            page.wfile.flush()
            over.wait(20)
            page.close_connection = True
        return number == 1

    stub.behave = behave
    assert get(tmp_path, stub) == BODY
    over.set()
    assert stub.asked[1] == (PATH, "bytes=1000-")


def test_a_byte_at_a_time_ends_when_time_is_up(stub: Site, tmp_path: Path) -> None:
    over = threading.Event()

    def behave(_: int, page: Page) -> bool:
        page.send_response(200)
        page.send_header("Content-Length", str(len(BODY)))
        page.end_headers()
        with contextlib.suppress(OSError):
            while not over.wait(0.02):
                page.wfile.write(BODY[:1])
                page.wfile.flush()
        return True

    stub.behave = behave
    with pytest.raises(Failed, match="time is up"):
        get(tmp_path, stub, seconds=0.5)
    over.set()


@pytest.mark.parametrize("words", [b"", b"\0" * 100, b"HTTP/1.1 200 OK\r\n", b"HTTP/9.9 two hundred\r\n\r\n",
                                   b"SSH-2.0-x\r\n",
                                   b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 2000 + b"\r\n", b"HTTP/1.1 200 " + b"x" * 70000,
                                   b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx"])  # fmt: skip
def test_something_that_is_no_http(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: bytes) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    found = Site()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found.url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    peer, _ = listener.accept()
                    with peer, contextlib.suppress(OSError):
                        peer.recv(65536)
                        peer.sendall(words)

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(Failed):
            get(tmp_path, found)
        listener.shutdown(socket.SHUT_RDWR)
