"""The guard's side of the protocol with the broker: what it asks, what it makes of an answer, and of no answer."""

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.guard.egress.dial import ERRNOS, MOST_HEAD, PLAIN, Dial, request, verdict


class Door:
    """A listening unix socket, and requests that come in over it."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.path, self._stack = str(path), stack
        self.listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        self.listener.bind(self.path)
        self.listener.listen()

    def dial(self) -> tuple[Dial, socket.socket]:
        """A request, and the broker's end of it."""
        made = self.ask()
        end, _ = self.listener.accept()
        return made, self._stack.enter_context(end)

    def ask(self) -> Dial:
        """A request that is not taken."""
        made = Dial(self.path, "203.0.113.7", 443, b"python3")
        self._stack.callback(made.close)
        return made


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with ExitStack() as stack:
        yield Door(tmp_path / "out.sock", stack)


def test_requests() -> None:
    assert request("203.0.113.7", 443, b"python3") == (
        b"CONNECT 203.0.113.7:443 HTTP/1.1\r\nHost: 203.0.113.7:443\r\nCatalyst-Program: python3\r\n\r\n"
    )
    assert request("2001:db8::1", 80, b"").startswith(b"CONNECT [2001:db8::1]:80 HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n")


@given(st.binary(max_size=64))
def test_a_programs_name_adds_no_header(name: bytes) -> None:
    """It is the workload's to choose (prctl(2), PR_SET_NAME)."""
    lines = request("203.0.113.7", 443, name).split(b"\r\n")
    assert len(lines) == 5
    assert lines[2].startswith(b"Catalyst-Program: ")
    assert set(lines[2][18:]) <= PLAIN | set(b"%")
    assert len(lines[2]) <= 18 + 48


ANSWERS = {
    b"HTTP/1.1 200 OK": 0,
    b"HTTP/1.1 200": 0,
    b"HTTP/1.1 403 Forbidden\r\nCatalyst-Reason: no rule": errno.EACCES,
    b"HTTP/1.1 400 Bad Request": errno.EINVAL,
    b"HTTP/1.1 504 Gateway Timeout": errno.ETIMEDOUT,
    b"HTTP/1.1 502 Bad Gateway": errno.EHOSTUNREACH,
    b"HTTP/1.1 502 Bad Gateway\r\nCatalyst-Errno: ECONNREFUSED": errno.ECONNREFUSED,
    b"HTTP/1.1 502 Bad Gateway\r\ncatalyst-errno:ENETUNREACH": errno.ENETUNREACH,
    b"HTTP/1.1 502 Bad Gateway\r\nCatalyst-Errno: EINPROGRESS": errno.EHOSTUNREACH,  # would be taken for a success
    b"HTTP/1.1 502 Bad Gateway\r\nCatalyst-Errno: EISCONN": errno.EHOSTUNREACH,
    b"HTTP/1.1 502 Bad Gateway\r\nCatalyst-Errno: \xff": errno.EHOSTUNREACH,
    b"HTTP/1.1 2000 OK": errno.ENETDOWN,
    b"HTTP/1.1 301 Moved": errno.ENETDOWN,
    b"HTTP/2 200": errno.ENETDOWN,
    b"200": errno.ENETDOWN,
    b"": errno.ENETDOWN,
}


@pytest.mark.parametrize("head", ANSWERS)
def test_answers(head: bytes) -> None:
    assert verdict(head) == ANSWERS[head]


@given(st.binary(max_size=200))
def test_what_is_not_understood_is_no(head: bytes) -> None:
    refusals = {errno.EACCES, errno.EINVAL, errno.ENETDOWN, *ERRNOS.values()}
    assert verdict(head) in refusals or head.startswith(b"HTTP/1.1 200")


def test_an_answer_in_pieces_and_what_follows_it_stays_in_the_socket(door: Door) -> None:
    """A server that speaks first, ssh or smtp, is not to lose its greeting."""
    made, end = door.dial()
    for part in (b"HTTP/1.1 2", b"00 OK\r\nX: y\r\n", b"\r"):
        assert made.answer() is None
        end.send(part)
    assert made.answer() is None
    end.send(b"\nSSH-2.0-x\r\n")
    assert made.answer() == 0
    assert made.connection.recv(100) == b"SSH-2.0-x\r\n"


def test_an_answer_in_one_piece(door: Door) -> None:
    made, end = door.dial()
    end.send(b"HTTP/1.1 200 OK\r\n\r\nSSH-2.0-x\r\n")
    assert made.answer() == 0
    assert made.connection.recv(100) == b"SSH-2.0-x\r\n"


def test_a_broker_that_ends(door: Door) -> None:
    made, end = door.dial()
    end.recv(1000)
    end.close()
    assert made.answer() == errno.ENETDOWN


def test_a_broker_that_says_too_much(door: Door) -> None:
    made, end = door.dial()
    said = []
    for _ in range(2):
        end.send(b"x" * (MOST_HEAD // 2))
        said.append(made.answer())
    assert said == [None, errno.ENETDOWN]


def test_a_broker_that_ends_in_the_middle_of_its_answer(door: Door) -> None:
    made, end = door.dial()
    end.recv(1000)
    end.send(b"HTTP/1.1 200")
    end.close()
    assert [made.answer(), made.answer()] == [None, errno.ENETDOWN]


def test_no_broker_and_one_that_is_too_busy(tmp_path: Path, door: Door) -> None:
    with pytest.raises(OSError) as caught:
        Dial(str(tmp_path / "nothing"), "203.0.113.7", 443, b"")
    assert caught.value.errno == errno.ENETDOWN
    door.listener.listen(0)
    with pytest.raises(OSError) as caught:
        [door.ask() for _ in range(1000)]
    assert caught.value.errno == errno.ENOBUFS
    door.listener.close()
    with pytest.raises(OSError) as caught:
        door.ask()
    assert caught.value.errno == errno.ENETDOWN
