"""An abstract unix socket (X11's, say) belongs to the network namespace, which bubblewrap shares unless it is told. Catalyst
tells it in every mode; Landlock's scope (ABI 6, Linux 6.12) refuses it besides."""

import socket
import subprocess
from collections.abc import Iterator

import pytest

from support import Catalyst

pytestmark = pytest.mark.engine("bwrap")
NAME = "catalyst-test-display"
CONNECT = f"import socket; socket.socket(socket.AF_UNIX).connect('\\0{NAME}'); print('connected')"


@pytest.fixture
def display() -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0{NAME}")
        listener.listen()
        yield


@pytest.mark.usefixtures("display")
def test_plain_bubblewrap_reaches_it() -> None:
    done = subprocess.run(["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "/usr/bin/python3", "-c", CONNECT],
                          capture_output=True, text=True)  # fmt: skip
    assert done.stdout.strip() == "connected"


@pytest.mark.usefixtures("display")
def test_catalyst_does_not(bwrap: Catalyst) -> None:
    """Abstract names belong to a network namespace, and the workload has its own in every mode (unix(7))."""
    done = bwrap.run("python3", "-c", CONNECT)
    assert "connected" not in done.stdout
    assert "ConnectionRefusedError" in done.stderr
