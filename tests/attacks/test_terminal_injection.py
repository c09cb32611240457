"""CVE-2017-5226: TIOCSTI types into the terminal of the caller, who then runs it outside the sandbox."""

import os
import select

import pytest

from support import Catalyst

pytestmark = pytest.mark.engine("bwrap")
INJECT = (
    "import fcntl, termios, os\n"
    "tty = os.open('/dev/tty', os.O_RDWR)\n"
    "[fcntl.ioctl(tty, termios.TIOCSTI, bytes([c])) for c in b'INJECTED\\n']\n"
    "print('typed', flush=True)\n"
)


def on_a_terminal(argv: list[str], environment: dict[str, str]) -> tuple[str, str]:
    """What `argv` printed on a terminal, and what a shell there would read as typed afterwards."""
    terminal, slave = os.openpty()
    pid = os.fork()
    if pid == 0:
        os.login_tty(slave)
        os.execvpe(argv[0], argv, environment)
    printed = b""
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        if select.select([terminal], [], [], 0.1)[0]:
            printed += os.read(terminal, 4096)
    typed = os.read(slave, 4096) if select.select([slave], [], [], 0.2)[0] else b""
    os.close(slave)
    os.close(terminal)
    return printed.decode(errors="replace"), typed.decode(errors="replace")


def test_on_the_callers_terminal_it_works_where_the_kernel_allows_it(bwrap: Catalyst) -> None:
    printed, typed = on_a_terminal(["python3", "-c", INJECT], bwrap.env())
    if "typed" not in printed:
        pytest.skip("this kernel refuses TIOCSTI (dev.tty.legacy_tiocsti=0), so nothing is shown here")
    assert "INJECTED" in typed


def test_under_catalyst_nothing_is_typed_outside(bwrap: Catalyst) -> None:
    _, typed = on_a_terminal(bwrap.argv("run", "--", "python3", "-c", INJECT), bwrap.env())
    assert "INJECTED" not in typed
