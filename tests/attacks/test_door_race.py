"""Whoever runs as the workload's user outside can hold the door open (/proc/PID/root) after its sandbox is gone. While root
removed it, he exchanged a folder in it for a link: root then changed the mode of what the link led to, and emptied it."""

import ctypes
import os
import signal
import time
from pathlib import Path

from catalyst.instance.store import remove_session

EXCHANGE, PAIRS = 2, 30


def exchange(door: int, target: Path) -> None:
    """Folders for links and back, for as long as the door is there."""
    libc = ctypes.CDLL(None)
    for number in range(PAIRS):
        os.mkdir(f"a{number}", dir_fd=door)
        os.symlink(target, f"l{number}", dir_fd=door)
    os.close(1)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for number in range(PAIRS):
            libc.renameat2(door, b"a%d" % number, door, b"l%d" % number, EXCHANGE)


def test_what_a_link_leads_to_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    target.chmod(0o755)
    (target / "file").touch()
    for number in range(40):
        door = tmp_path / f"session{number}/door"
        door.mkdir(parents=True)
        held = os.open(door, os.O_PATH | os.O_DIRECTORY)
        ready, begin = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.dup2(begin, 1)
                os.close(begin)
                exchange(held, target)
            finally:
                os._exit(0)
        os.close(begin)
        try:
            os.read(ready, 1)  # its end: the folders and links are there
            remove_session(door.parent)
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(ready)
            os.close(held)
        assert (target / "file").exists()
        assert target.stat().st_mode & 0o777 == 0o755
