"""A workload that answers one byte a second, for ever, or nonsense must not hang `status`, `up` or their signals."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from catalyst.instance import health

Serve = Callable[[bytes, float], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that sends `answer` again and again, `pause` seconds between; its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def start(answer: bytes, pause: float) -> str:
        def run() -> None:
            client, _ = listener.accept()
            with client:
                try:
                    while not stop.wait(pause):
                        client.sendall(answer)
                except OSError:
                    pass

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"

    yield start
    stop.set()
    listener.close()


@pytest.mark.parametrize(
    ("answer", "pause"),
    [(b"H", 0.2), (b"x", 0.0), (b"HTTP/1.1 100 Continue\r\n\r\n", 0.0), (b"\0" * 65536, 0.0), (b"HTTP/1.1 500 no\r\n", 0.0)],
)
def test_it_is_no_answer_and_does_not_hang(serve: Serve, answer: bytes, pause: float) -> None:
    start = time.monotonic()
    assert not health.answers(serve(answer, pause), 1.0)
    assert time.monotonic() - start < 20  # a hang, not a measurement


def test_an_answer_is_one(serve: Serve) -> None:
    assert health.answers(serve(b"HTTP/1.1 200 OK\r\n\r\n{}", 0.0))
