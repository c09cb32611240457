"""PID 1's life: start the workload, reap everything, pass signals on, restart within a budget, end everything.

A signal handler only writes a byte; the loop acts on it. ComfyUI cleans up on SIGINT alone, and the kernel drops a
signal for PID 1 that has no handler, which is why the workload is never PID 1 itself.
"""

import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from catalyst.guard import doorman, launch, syscalls
from catalyst.guard.plan import Door, Egress, Plan
from catalyst.guard.steps import StepFailed

if TYPE_CHECKING:
    from catalyst.guard.egress.supervision import Supervision

# What only the guard itself answers, so that the host can tell its refusal from words of the workload.
USAGE, UNENFORCEABLE, PLACE_UNUSABLE = 2, 6, 8
OWN_CODES = {USAGE, UNENFORCEABLE, PLACE_UNUSABLE}
WINDOW = 600.0  # seconds over which restarts are counted
SERVICES_GRACE = 5.0  # seconds that services get to end, after the workload has
ASKED_TO_STOP = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT}
PASSED_ON = ASKED_TO_STOP | {signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH, signal.SIGCONT, signal.SIGALRM}


class Supervisor:
    """Looks after one plan's workload; `run` returns its exit code."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.workload = 0  # pid, 0 when it does not run
        self.doorman = 0
        self.egress: Supervision | None = None
        self.code = 0
        self.started: list[float] = []
        self.start_at: float | None = None  # when a restart is due
        self.kill_at: float | None = None  # when grace is over; set means that we are stopping
        self.killed = False
        self.services, self.failed = {*plan.services}, False  # those that still run; one ended by itself

    def run(self) -> int:
        """Until the workload has ended for good and nothing else is left. Raises StepFailed before it ever ran."""
        wake = self._watch_signals()
        if self.plan.command:
            launch.own_terminal()
        if self.plan.door:
            self.doorman = doorman.start(self.plan.door)
        if self.plan.egress:
            self.egress = _supervision(self.plan, self.plan.egress)
        try:
            self._start()
        except StepFailed:
            self._end_the_rest()
            raise
        while self.workload or self.start_at is not None:
            self._wait(wake)
            self._reap()
            self._act_on_time()
        self._end_services()
        self._end_the_rest()
        self._report("ended")
        if self.failed:
            return 1
        return self.code if self.plan.command or self.code not in OWN_CODES else 1

    def _watch_signals(self) -> int:
        read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        for number in PASSED_ON | {signal.SIGCHLD}:
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        if os.getpid() != 1:  # not in an own pid namespace: orphans must come to us all the same
            syscalls.prctl("PR_SET_CHILD_SUBREAPER", syscalls.PR_SET_CHILD_SUBREAPER, 1)
        return read

    def _start(self) -> None:
        self.start_at = None
        self.started.append(time.monotonic())
        self.workload, listener = launch.start(self.plan)
        if self.egress and listener is not None:
            self.egress.watch(listener)
        self._report("running")

    def _start_again(self) -> None:
        """It ran before, so the codes that say it never did are not the guard's to answer any more: with them, words of the
        workload would pass for the guard's (tests/attacks/test_words_of_the_guard.py)."""
        try:
            self._start()
        except (StepFailed, OSError) as error:  # OSError: fork(2), where what it left running is too many
            _say(f"the workload cannot be started again: {error}; giving up")
            self.code = 1

    def _wait(self, wake: int) -> None:
        """Sleep until a signal, the end of the lifeline, a call about a socket, or the next due time; act on the others."""
        watched = [wake, *([self.egress.fileno()] if self.egress else [])]
        if self.plan.lifeline is not None and self.kill_at is None:
            watched.append(self.plan.lifeline)
        socket_due = self.egress.due() if self.egress else None
        due = [moment for moment in (self.start_at, self.kill_at, socket_due) if moment is not None]
        timeout = max(0.0, min(due) - time.monotonic()) if due else None
        ready, _, _ = select.select(watched, [], [], timeout)
        if wake in ready:
            for number in os.read(wake, 512):
                self._signalled(signal.Signals(number))
        if self.plan.lifeline in ready and not self._lifeline_holds():
            self._stop()
        if self.egress:
            self.egress.step()

    def _lifeline_holds(self) -> bool:
        try:
            return bool(os.read(self.plan.lifeline or 0, 512))
        except OSError:
            return False

    def _signalled(self, number: signal.Signals) -> None:
        if self.plan.command and number in PASSED_ON:
            if self.workload:
                _kill(self.workload, number)
        elif number in ASKED_TO_STOP:
            if self.kill_at is None:
                self._stop()
            else:  # asked twice: the user does not want to wait
                self.kill_at = time.monotonic()

    def _stop(self) -> None:
        """Ask the workload's process group to end, and remember when patience ends."""
        self.start_at = None
        self.kill_at = time.monotonic() + self.plan.grace
        if self.workload:
            _kill(-self.workload, signal.Signals[self.plan.stop_signal])

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.workload:
                self._ended(os.waitstatus_to_exitcode(status))
            elif pid in self.services:
                self._without(pid)
            elif pid == self.doorman and self.kill_at is None and self.plan.door:
                self._reopen(self.plan.door)
            elif self.egress and self.kill_at is None:
                self.egress.ended(pid)

    def _without(self, pid: int) -> None:
        """A service has ended: with its broker nothing gets out, and without its gateway nobody gets in."""
        self.services.discard(pid)
        if self.kill_at is None:
            _say("the gateway and the broker have ended; the workload is ended too")
            self.failed = True
            self._stop()

    def _reopen(self, door: Door) -> None:
        """The doorman was killed. If its socket cannot be made again, nobody gets in; the workload is not to choose the
        guard's exit code with it."""
        try:
            self.doorman = doorman.start(door)
        except OSError as error:
            self.doorman = 0
            _say(f"the way in cannot be opened again: {error}")

    def _ended(self, code: int) -> None:
        group, self.workload = self.workload, 0
        self.code = code if code >= 0 else 128 - code
        cannot_run = self.code in {launch.NOT_EXECUTABLE, launch.NOT_FOUND}  # trying again does not mend that
        if self.kill_at is not None or self.plan.restarts == 0 or cannot_run:
            return
        _kill(-group, signal.SIGKILL)  # what it left running would hold its port
        now = time.monotonic()
        self.started = [moment for moment in self.started if now - moment < WINDOW]
        done = len(self.started) - 1
        if done >= self.plan.restarts:
            _say(f"the workload ended with {self.code} and was restarted {done} times already; giving up")
            self.code = self.code or 1
            return
        delay = min(0.5 * 2**done, 8.0)
        self.start_at = now + delay
        _say(f"the workload ended with {self.code}; restart {done + 1} of {self.plan.restarts} in {delay:g} s")
        self._report("restarting")

    def _act_on_time(self) -> None:
        now = time.monotonic()
        if self.start_at is not None and now >= self.start_at:
            self._start_again()
        if self.kill_at is not None and now >= self.kill_at and self.workload and not self.killed:
            self.killed = True
            _kill(-self.workload, signal.SIGKILL)
            _kill(self.workload, signal.SIGKILL)
            _say(f"the workload did not end within {self.plan.grace} s; killed")

    def _end_services(self) -> None:
        """They were here before the workload and end after it, in order: the gateway takes its leave of its visitors."""
        for pid in self.services:
            _kill(pid, signal.SIGTERM)
        end = time.monotonic() + SERVICES_GRACE
        while self.services and time.monotonic() < end:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            self.services.discard(pid)
            if pid == 0:
                time.sleep(0.02)

    def _end_the_rest(self) -> None:
        """Nothing outlives the workload. As PID 1 that is everyone; else all that became our child, again and again."""
        while True:
            for pid in [-1] if os.getpid() == 1 else _children():
                _kill(pid, signal.SIGKILL)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                break
        if self.plan.door:
            with suppress(OSError):
                os.unlink(self.plan.door.socket)

    def _report(self, state: str) -> None:
        """Tell the outside, beside the door. The workload's user can write there: readers must not trust it."""
        if self.plan.door is None:
            return
        file = f"{os.path.dirname(self.plan.door.socket)}/guard.json"
        text = json.dumps({"state": state, "restarts": max(0, len(self.started) - 1), "exit": self.code})
        with suppress(OSError):
            _write_afresh(f"{file}.new", text.encode("ascii"))
            os.replace(f"{file}.new", file)


def _supervision(plan: Plan, egress: Egress) -> "Supervision":
    """Only where sockets are supervised: a start without it goes without the network's modules."""
    from catalyst.guard.egress.supervision import Supervision

    return Supervision(egress, plan.tcp_rules.bind if plan.tcp_rules else None)


def _write_afresh(file: str, content: bytes) -> None:
    """The workload can put a pipe, a link or a folder at `file`: PID 1 must not wait at it or write through it."""
    with suppress(FileNotFoundError):
        os.unlink(file)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)


def _children() -> list[int]:
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as stream:
        return [int(pid) for pid in stream.read().split()]


def _kill(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _say(text: str) -> None:
    with suppress(OSError):  # nobody reads any more
        print(f"catalyst-guard: {text}", file=sys.stderr, flush=True)
