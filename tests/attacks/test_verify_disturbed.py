"""`catalyst verify` while somebody works against it: the sandbox (an image may be anybody's), a user, another process."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from catalyst.audit.verify import bait, sandbox
from catalyst.engine import process
from catalyst.errors import CatalystError
from support import Catalyst


def answers_of(program: str, lines: list[str] | None = None) -> sandbox.Answers:
    running = process.start(["/usr/bin/env", "python3", "-I", "-S", "-c", program], stdin=process.NULL)
    try:
        return sandbox._read(running, lines)
    finally:
        sandbox._end(running)


def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it was kept in memory, for two minutes."""
    monkeypatch.setattr(sandbox, "MOST_SAID", 1 << 16)
    lines: list[str] = []
    assert answers_of("while True: print('y' * 1000)", lines) == {}
    assert sum(map(len, lines)) < 1 << 18


def test_a_child_that_keeps_the_pipe_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait after the kill had no end."""
    monkeypatch.setattr(sandbox, "WITHIN", 0.5)
    began = time.monotonic()
    answers_of("import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(20)")
    assert time.monotonic() - began < 10


def test_an_answer_that_cannot_be_read_is_none() -> None:
    """RecursionError ended the program."""
    assert answers_of("print('[' * 100000)") == {}


def test_what_it_says_is_not_obeyed_by_a_terminal() -> None:
    """The last lines stand in the error of a sandbox that did not start."""
    lines: list[str] = []
    answers_of(r"print('\033]0;x\007', flush=True)", lines)
    assert lines == [r"\x1b]0;x\x07"]


def test_without_the_bait_there_is_no_verdict() -> None:
    """The victim has the workload's uid. Killed before the positive control, it was out of sight there too, which passed
    for a host without such a thing: held."""
    with bait.laid(os.getuid() or 1000) as laid:
        laid.insist()
        os.kill(laid._victim.pid, signal.SIGKILL)
        laid._victim.wait()
        with pytest.raises(CatalystError, match="taken away"):
            laid.insist()


def test_the_victim_ends_with_us() -> None:
    """After `kill -9` it slept on for ten minutes."""
    with bait.laid(os.getuid() or 1000) as laid:
        stream = laid._victim.stdin
        assert stream is not None
        stream.close()  # as the kernel does
        laid._victim.wait(timeout=5)


def test_the_victim_is_one_that_its_user_may_trace() -> None:
    """It was none: root's change of user makes a process that nobody but root may trace, and so every attempt on it was
    stopped, with or without a sandbox."""
    with bait.laid(os.getuid() or 4999) as laid:
        assert Path(f"/proc/{laid._victim.pid}/environ").stat().st_uid == laid.uid


def command_lines() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            found.append(path.read_text("utf-8", "replace"))
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("at", ["unconfined", "attempts under"])
def test_a_signal_leaves_nothing(bwrap: Catalyst, tmp_path: Path, number: signal.Signals, at: str) -> None:
    """SIGTERM left the folder, the segment and the process, and root's attempts going on unconfined."""
    place = tmp_path / "tmp"
    place.mkdir()
    running = subprocess.Popen(
        ["env", "--default-signal=INT", *bwrap.argv("verify")],  # a shell's `&` ignores it
        env=bwrap.env(TMPDIR=str(place)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert running.stderr is not None
    while at.encode() not in (line := running.stderr.readline()):
        assert line
    time.sleep(0.3)
    assert os.listdir(place)  # noqa: PTH208 -- names
    running.send_signal(number)
    running.communicate(timeout=20)
    assert running.returncode == 128 + number
    assert [path for path in place.rglob("*") if "bait" in path.name] == []
    held = [line for line in Path("/proc/sysvipc/shm").read_text().splitlines() if line.split()[4] == str(running.pid)]
    assert held == []
    time.sleep(0.5)
    assert [words for words in command_lines() if str(place) in words] == []
