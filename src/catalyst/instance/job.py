"""A program that does one thing in a sandbox and ends: watched line by line, ended at a signal, gone when we are."""

import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalyst.engine import process
from catalyst.engine.engine import Engine, hold
from catalyst.errors import CatalystError
from catalyst.guard.record import Record
from catalyst.instance import alone, prepare
from catalyst.instance.ground import temporary
from catalyst.instance.prepare import MakeWorkload, Prepared
from catalyst.instance.store import make_session, remove_session
from catalyst.instance.way_out import WayOut, nameless, way_out
from catalyst.settings import Settings

if TYPE_CHECKING:
    from catalyst.instance.tokens import Tokens

LONGEST_LINE = 1 << 20  # bytes; what comes without an end of line is cut
Line = Callable[[bytes], None]


class Ended(Record):
    """Its exit code, and whether it was ended: because somebody asked (`stopped`), or because its time was up (`late`)."""

    code: int
    stopped: bool = False
    late: bool = False


class Job:
    """A sandbox to run it in, as often as is needed, beside one broker."""

    def __init__(self, ready: Prepared, folder: Path, broker: WayOut | None) -> None:
        self._ready, self._folder, self._broker = ready, folder, broker

    def run(self, line: Line, wake: int, *, seconds: float | None = None) -> Ended:
        """To the end; `line` gets what it prints. It dies with us by its lifeline, and at once when `wake` can be read."""
        running = process.start(self._ready.outer.argv, opened=self._ready.outer.opened)
        try:
            stopped, late = _follow(running, line, wake, seconds)
        finally:
            _end(self._ready.engine, self._folder.name, running)
        return Ended(running.returncode, stopped, late)

    def tokens(self) -> list[dict[str, Any]]:
        """What the broker says of its tokens (WayOut.tokens)."""
        return self._broker.tokens() if self._broker else []


@contextmanager
def opened(
    settings: Settings, engine: Engine, make: MakeWorkload, *, insist: Callable[[Prepared], Prepared] = lambda ready: ready,
    tokens: "Tokens | None" = None, tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Job]:  # fmt: skip
    """Its sandbox and broker, until the end of the block. `insist` looks at what holds before anything starts, and may ask
    for more; the broker has `tokens`, and `tell` gets what should be known of them. Raises CatalystError.
    """
    folder = temporary()
    try:
        ready = prepare.prepare(settings, engine, make, name=folder.name, folder=folder, lifeline=0,
                                tokens=tokens is not None)  # fmt: skip
        ready = insist(ready)
        ready = alone.adjusted(ready, folder) if engine is alone.ALONE else ready
        make_session(folder, ready.files)
        # of one uid with us and on our files, it could allow itself hosts at a socket that has a path
        control = nameless(folder) if engine is alone.ALONE and os.geteuid() else None
        with way_out(ready, folder, at_once=True, tokens=tokens, tell=tell, control=control) as broker:
            alone.opened(ready, folder)
            yield Job(ready, folder, broker)
    finally:
        remove_session(folder)


def run(settings: Settings, engine: Engine, make: MakeWorkload, line: Line, wake: int) -> Ended:
    """Run it once (Job.run). Raises CatalystError."""
    with opened(settings, engine, make) as job:
        return job.run(line, wake)


def _end(engine: Engine, name: str, running: "process.Process[bytes]") -> None:
    """Nothing of it is left afterwards. What ended by itself ends quietly. Raises CatalystError where something may be: what
    the guard alone held, and it could not end in time."""
    outlived = False
    try:
        if running.stdin:
            with suppress(OSError):
                running.stdin.close()  # the guard's lifeline
        running.wait(timeout=alone.PATIENCE if engine.target == "guard" else 0.5)
    except process.Expired:
        _kill(engine, name, running)
        outlived = engine is alone.ALONE  # in a container it becomes the child of who started it (container/fetch.py)
    if running.stdout:
        running.stdout.close()
    running.wait()
    engine.remove(name)
    if outlived:
        raise CatalystError("what ran under the guard could not be ended, and may still write", "look for it: ps -fu $USER")


def _kill(engine: Engine, name: str, running: "process.Process[bytes]") -> None:
    """End the sandbox and wait until nothing of it is left.

    Its PID 1 is taken hold of while the monitor is stopped, not killed: of a dead monitor the child could not be found,
    and what dies with it (--die-with-parent) dies a little later, still writing into what we are about to remove.
    """
    running.send_signal(signal.SIGSTOP)
    first = hold(engine, name, running.pid)
    running.kill()
    if first:
        first.kill()
        first.close()


def _follow(running: "process.Process[bytes]", line: Line, wake: int, seconds: float | None) -> tuple[bool, bool]:
    """Hand on what it prints until it ends; whether we were asked to stop, and whether its time was up.

    Read as it comes: half a line must not make us wait for the other half. The clock is asked each time: who never stops
    talking would never be late (tests/attacks/test_fetch_words.py).
    """
    pending, until = b"", None if seconds is None else time.monotonic() + seconds
    output = running.stdout.fileno() if running.stdout else wake
    while True:
        left = None if until is None else until - time.monotonic()
        ready = select.select([output, wake], [], [], None if left is None else max(0.0, left))[0]
        if wake in ready or not ready or (left is not None and left <= 0):
            return wake in ready, wake not in ready
        got = os.read(output, 1 << 16)
        if not got:
            if pending:
                line(pending)
            return False, False
        *lines, pending = (pending + got).split(b"\n")
        pending = pending[-LONGEST_LINE:]
        for one in lines:
            line(one)
