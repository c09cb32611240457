"""Make every attempt, judge it, and keep the report for a moment."""

import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

from catalyst.audit.inside import attempt
from catalyst.audit.inside.acts.processes import status
from catalyst.audit.inside.judge import Verdict, judge, stoppers, why_open
from catalyst.audit.inside.probe import Answer, Context, Probe

FRESH = 2.0  # how long a report is shown again: a reload is no way to fill the machine with children


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
    """One run: every result, in the order of the probes' files, and who the program is."""

    results: tuple[Result, ...]
    identity: Mapping[str, str]


class Runner:
    """Makes all attempts on demand, at most every FRESH seconds, for one caller at a time."""

    def __init__(
        self,
        context: Context,
        sandbox: Sandbox,
        probes: tuple[Probe, ...] | None = None,
        command: attempt.Command | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._probes = attempt.load_all() if probes is None else probes
        self._command = command or attempt.child_command(context)
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
        answers = {probe.id: answer for probe, answer in attempt.make_all(self._probes, self._command)}
        return Report(tuple(self._judged(probe, answers[probe.id]) for probe in self._probes), status())

    def _judged(self, probe: Probe, answer: Answer) -> Result:
        level, network, engine = self._sandbox
        verdict = judge(probe, answer, level, network)
        return Result(probe, answer, verdict, stoppers(probe, engine), why_open(probe, level, network))
