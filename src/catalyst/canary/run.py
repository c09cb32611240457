"""Have every attempt made, judge it, and keep the report for a moment."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from catalyst.audit.inside import attempt
from catalyst.audit.inside.acts.processes import status
from catalyst.audit.inside.judge import Verdict, judge, stoppers, why_open
from catalyst.audit.inside.probe import OUTCOMES, Answer, Context, Probe, unknown

FRESH = 2.0  # how long a report is shown again: a reload is no way to fill the machine with children
WITHIN = 120.0  # s for all attempts together; each has a time-out of its own


class Sandbox(NamedTuple):
    """What the program is told of where it runs: level and network mode, and the engine of the outer layer."""

    level: str
    network: str
    engine: str


class Result(NamedTuple):
    """A probe, what it answered, what that means here, which layers are to stop it, and why it is open if it is."""

    probe: Probe
    answer: Answer
    verdict: Verdict
    layer: str
    why: str


class Report(NamedTuple):
    """One run: where, every result in the order of the probes' files, and who the program is."""

    sandbox: Sandbox
    results: tuple[Result, ...]
    identity: Mapping[str, str]


class Runner:
    """Makes all attempts on demand, at most every FRESH seconds, for one caller at a time."""

    def __init__(
        self,
        context: Context,
        sandbox: Sandbox,
        probes: tuple[Probe, ...] | None = None,
        command: list[str] | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._probes = attempt.load_all() if probes is None else probes
        self._command = attempt.command(context) if command is None else command
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
        said = answers(self._command)
        judged = (self._judged(probe, said.get(probe.id, unknown("it gave no answer"))) for probe in self._probes)
        return Report(self._sandbox, tuple(judged), status())

    def _judged(self, probe: Probe, answer: Answer) -> Result:
        level, network, engine = self._sandbox
        layers = stoppers(probe, engine)
        if layers == "-":  # what an engine alone would hold, in a container that is none of ours
            return Result(probe, answer, "open", layers, "no layer here claims to hold it")
        verdict = judge(probe, answer, level, network)
        return Result(probe, answer, verdict, layers, why_open(probe, level, network))


def answers(command: list[str]) -> dict[str, Answer]:
    """What a program that makes the attempts prints: a JSON object a line. None of it where it cannot be started.

    A program of its own, because attempts are forks, and this one has threads that serve the page.
    """
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=WITHIN,
            check=False,
        )
        out = done.stdout
    except subprocess.TimeoutExpired as late:
        out = late.stdout or b""
    except OSError as error:  # too many processes
        print(f"catalyst: canary: no attempt can be made: {error.strerror}", file=sys.stderr, flush=True)
        return {}
    found = {}
    for line in out.decode("utf-8", "replace").splitlines():
        with suppress(ValueError, TypeError, KeyError):  # a line that was cut off
            one = dict(json.loads(line))
            name, answer = one.pop("id"), Answer(**one)
            if answer.outcome in OUTCOMES:
                found[name] = answer
    return found
