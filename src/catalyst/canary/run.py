"""Make the attempts, each in a short-lived child, and tell what came of them."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from catalyst.canary.attempt import Answer, Attempt, Context, parse, unknown
from catalyst.canary.attempts import ATTEMPTS
from catalyst.canary.attempts.identity import status

TIMEOUT = 3.0  # for one attempt; its own time-outs are shorter
FRESH = 2.0  # how long a report is shown again: a reload is no way to fill the machine with children
AT_ONCE = 8
MAIN = Path(__file__).with_name("__main__.py")


@dataclass(frozen=True)
class Result:
    """An attempt, its answer, and whether the level promises to allow it."""

    attempt: Attempt
    answer: Answer
    expected: bool


@dataclass(frozen=True)
class Report:
    """One run: every result, in the table's order, and who the program is."""

    results: tuple[Result, ...]
    identity: dict[str, str]


def child_command(context: Context) -> Callable[[str], list[str]]:
    """How a child is started that makes the attempt of that id."""
    options = [f"--scratch={context.scratch}"]
    options += [f"--place={name}={folder}" for name, folder in context.places.items()]
    return lambda key: [sys.executable, "-I", "-S", str(MAIN), f"--attempt={key}", *options]


def run_child(argv: list[str], timeout: float = TIMEOUT) -> Answer:
    """Start the child and read its word. Its exit status never counts, except that SIGSYS is seccomp's refusal."""
    try:
        child = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0
        )
    except OSError as error:  # too many processes, or this Python may not be started again
        return unknown(f"no child could be started: {error.strerror}")
    try:
        out, err = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        return unknown(f"no answer within {timeout:g} s")
    finally:
        _end(child)
    first, _, _ = out.decode("utf-8", "replace").partition("\n")
    return parse(first) or _wordless(child.returncode, err.decode("utf-8", "replace"))


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End what is left of the child's group, and the child."""
    if child.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for pipe in (child.stdout, child.stderr):
        if pipe:
            pipe.close()


def _wordless(code: int, errors: str) -> Answer:
    if code == -signal.SIGSYS:
        return Answer("denied", "ended by a seccomp filter (SIGSYS)")
    if code < 0:
        return unknown(f"it crashed: {signal.strsignal(-code) or 'signal'} ({-code})")
    last = errors.strip().rpartition("\n")[2]
    return unknown(f"it ended with status {code} and without a word" + (f": {last[:200]}" if last else ""))


class Runner:
    """Makes all attempts on demand, at most every FRESH seconds, for one caller at a time."""

    def __init__(
        self,
        context: Context,
        expected: Iterable[str] = (),
        attempts: tuple[Attempt, ...] = ATTEMPTS,
        command: Callable[[str], list[str]] | None = None,
    ) -> None:
        self._attempts = attempts
        self._expected = frozenset(expected)
        self._command = command or child_command(context)
        self._lock = threading.Lock()
        self._report: Report | None = None
        self._until = 0.0

    def report(self) -> Report:
        """The latest report, made now where there is none or it is old. Others wait for the one in the making."""
        with self._lock:
            if self._report is None or time.monotonic() >= self._until:
                self._report = self._run()
                self._until = time.monotonic() + FRESH
            return self._report

    def _run(self) -> Report:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(self._answer, self._attempts))
        results = zip(self._attempts, answers, strict=True)
        return Report(tuple(Result(one, answer, one.id in self._expected) for one, answer in results), status())

    def _answer(self, attempt: Attempt) -> Answer:
        answer = run_child(self._command(attempt.id))
        # a child prints one line; whatever else it says must not reach the page unbounded
        return replace(answer, evidence=answer.evidence[:300])
