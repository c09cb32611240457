"""`catalyst run -- cmd | cat`: standard output is a pipe, standard input still the caller's terminal. Handed in, the
sandbox reads what is typed and writes escape sequences to it."""

import os
import subprocess

import pytest

from support import Catalyst

pytestmark = pytest.mark.engine("bwrap")
DEVICE = "import os; print(os.isatty(0), os.fstat(0).st_rdev)"


@pytest.fixture
def terminal() -> int:
    """One end of a terminal, as a shell would give it."""
    _, inner = os.openpty()
    return inner


def test_plain_bubblewrap_gets_the_callers(terminal: int) -> None:
    argv = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "/usr/bin/python3", "-c", DEVICE]
    done = subprocess.run(argv, stdin=terminal, capture_output=True, text=True)
    assert done.stdout.split() == ["True", str(os.fstat(terminal).st_rdev)]


def test_under_catalyst_it_is_another(bwrap: Catalyst, terminal: int) -> None:
    done = subprocess.run(bwrap.argv("run", "--", "python3", "-c", DEVICE), stdin=terminal, env=bwrap.env(),
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    tty, device = done.stdout.split()
    assert tty == "True"
    assert device != str(os.fstat(terminal).st_rdev)
