"""The kernel's keyrings have no namespace: a bubblewrap sandbox keeps the caller's session keyring, with the tickets and
tokens a desktop keeps there."""

import subprocess

import pytest

from catalyst.guard.syscalls import KEYCTL, _libc, new_session_keyring
from support import Catalyst

pytestmark = pytest.mark.engine("bwrap")
SEARCH = (
    "import ctypes, os\n"
    f"keyctl = {KEYCTL}[os.uname().machine]\n"
    "print(ctypes.CDLL(None).syscall(keyctl, 10, -3, b'user', b'catalyst-canary', 0) > 0)\n"
)
ADD_KEY = {"x86_64": 248, "aarch64": 217}


@pytest.fixture
def key() -> None:
    """A key in the session keyring of this process, and so of its children."""
    import os

    new_session_keyring()
    added = _libc.syscall(ADD_KEY[os.uname().machine], b"user", b"catalyst-canary", b"secret", 6, -3)
    assert added > 0


@pytest.mark.usefixtures("key")
def test_plain_bubblewrap_keeps_it() -> None:
    argv = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "/usr/bin/python3", "-c", SEARCH]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.stdout.strip() == "True"


@pytest.mark.usefixtures("key")
def test_catalyst_does_not(bwrap: Catalyst) -> None:
    assert bwrap.run("python3", "-c", SEARCH).stdout.strip() == "False"
