"""Make attempts, each in a child of its own, and tell what came of them.

A fork, not a new interpreter: 300 attempts then take two seconds and not thirty. The process that makes them must have
no threads, so the canary, which serves a page, starts this as a program.
"""

import importlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import catalyst.audit.probes
from catalyst.audit.inside.native import UnknownMachine, call
from catalyst.audit.inside.probe import EVIDENCE_LENGTH, Answer, Context, Probe, parse, tried, unknown

TIMEOUT, TIMEOUT_ALONE = 6.0, 20.0  # s for one attempt; its own time-outs are shorter
AT_ONCE = 8
PR_SET_PDEATHSIG = 1  # prctl(2)
MAIN = Path(__file__).with_name("__main__.py")


def names() -> list[str]:
    """Ids of all probes, in file-name order; the file of `raw-socket` is raw_socket.py."""
    folder = Path(catalyst.audit.probes.__path__[0])
    return sorted(file.stem.replace("_", "-") for file in folder.glob("*.py") if file.stem != "__init__")


def load(name: str) -> Probe:
    """One probe. Raises ModuleNotFoundError, or TypeError where the file declares none."""
    module = importlib.import_module(f"catalyst.audit.probes.{name.replace('-', '_')}")
    found = getattr(module, "PROBE", None)
    if not isinstance(found, Probe) or found.id != name:
        raise TypeError(f"{module.__name__} must declare PROBE with the id {name}")
    return found


def load_all() -> tuple[Probe, ...]:
    """Every probe. A file that fails to load stops the program: a lost probe is a breach nobody sees."""
    return tuple(load(name) for name in names())


def command(context: Context, python: str = sys.executable) -> list[str]:
    """The argv that makes all attempts in a new process and prints a JSON object for each."""
    told = json.dumps([str(context.scratch), str(context.home), {key: str(path) for key, path in context.places.items()},
                       dict(context.bait)])  # fmt: skip
    return [python, "-I", "-S", str(MAIN), "--context", told]


def make_all(probes: Iterable[Probe], context: Context) -> Iterator[tuple[Probe, Answer]]:
    """Every attempt with its answer, as they come: side by side, but for those that must be alone, which come last."""
    probes = list(probes)
    yield from _side_by_side([probe for probe in probes if not probe.by_itself], context, AT_ONCE, TIMEOUT)
    yield from _side_by_side([probe for probe in probes if probe.by_itself], context, 1, TIMEOUT_ALONE)


class _Try:
    """One attempt under way: its child, the pipe its word comes through, and when patience ends."""

    def __init__(self, probe: Probe, context: Context, timeout: float) -> None:
        self.probe, self.said, self.deadline = probe, b"", time.monotonic() + timeout
        self.pipe, write = os.pipe2(os.O_CLOEXEC)
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _child(probe, context, write, parent)
        os.close(write)

    def answer(self) -> Answer:
        """End what is left of it. Its exit status counts only where it said nothing: SIGSYS is seccomp's refusal."""
        late = b"\n" not in self.said and time.monotonic() >= self.deadline
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        os.close(self.pipe)
        word = parse(self.said.decode("utf-8", "replace").partition("\n")[0])
        if word:
            return word._replace(evidence=word.evidence[:EVIDENCE_LENGTH])
        code = os.waitstatus_to_exitcode(status)
        if code == -signal.SIGSYS:
            return Answer("denied", "ended by a seccomp filter (SIGSYS)")
        return unknown("no answer in time" if late else f"it ended with status {code} and without a word")


def _child(probe: Probe, context: Context, write: int, parent: int) -> None:
    """Make the attempt and say its line; never return. It ends with the process that asked for it."""
    try:
        os.setpgid(0, 0)
        with suppress(OSError, UnknownMachine):
            call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        line = tried(lambda: probe.act(context)).line()
    except BaseException as error:  # whatever it is, it is this attempt's alone
        line = unknown(f"it crashed: {type(error).__name__}: {error}").line()
    with suppress(OSError):
        os.write(write, line.encode() + b"\n")
    os._exit(0)


def _side_by_side(probes: list[Probe], context: Context, most: int, timeout: float) -> Iterator[tuple[Probe, Answer]]:
    waiting, running = probes[::-1], dict[int, _Try]()
    while waiting or running:
        while waiting and len(running) < most:
            probe = waiting.pop()
            try:
                one = _Try(probe, context, timeout)
            except OSError as error:  # too many processes
                yield probe, unknown(f"no child could be started: {error.strerror}")
                continue
            running[one.pipe] = one
        for done in _heard(running):
            del running[done.pipe]
            yield done.probe, done.answer()


def _heard(running: dict[int, _Try]) -> list[_Try]:
    """Wait; those that have said their line, ended, or run out of time."""
    if not running:
        return []
    soonest = min(one.deadline for one in running.values())
    ready, _, _ = select.select(list(running), [], [], max(0.0, soonest - time.monotonic()))
    done = []
    for pipe, one in running.items():
        heard = os.read(pipe, 4096) if pipe in ready else b""
        one.said += heard
        ended = pipe in ready and not heard
        if ended or b"\n" in one.said or time.monotonic() >= one.deadline:
            done.append(one)
    return done
