"""`catalyst up`: choose, prepare, start, watch, end. The order of ending is the reverse of starting."""

import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from catalyst.engine import process
from catalyst.engine.engine import Engine, FirstProcess, choose, hold, started
from catalyst.errors import FAILED, CatalystError, Unenforceable, WorkloadFailed, pasted, plain
from catalyst.guard.record import replace
from catalyst.guard.supervise import OWN_CODES, PLACE_UNUSABLE
from catalyst.instance import cleanup, front, health, leftovers, posture, prepare, profiles, provision, wanted
from catalyst.instance.cleanup import Cleanup
from catalyst.instance.front import Front
from catalyst.instance.log import Log
from catalyst.instance.prepare import Prepared
from catalyst.instance.store import Entry, Store
from catalyst.instance.way_out import WayOut
from catalyst.policy.model import Enforced, NotEnforced
from catalyst.policy.requirement import words
from catalyst.render.session import BROKER_FILE
from catalyst.settings import Level, Settings

if TYPE_CHECKING:
    from catalyst.instance.tokens import Tokens

READY_WITHIN = 600.0  # s; a ComfyUI with many nodes imports for minutes
AFTER_GRACE = 5.0  # s the engine gets on top of the workload's grace
SOON = 2.0  # s; a workload that takes longer is announced before it answers, and the gateway shows how it starts
DRAIN = 5.0  # s the gateway gets to end what is under way; it takes 3 at most

Tell = Callable[[str], None]


class Instance:
    """One running sandbox with its gateway."""

    def __init__(self, settings: Settings, tell: Tell, tokens: "Tokens | None" = None) -> None:
        self.settings, self.tell, self.tokens = settings, tell, tokens
        self.store = Store(settings.data)
        self.cleanup = Cleanup(settings, self.store)
        self.entry: Entry | None = None
        self.first: FirstProcess | None = None
        self.way_out: WayOut | None = None
        self._stack, self._announced = ExitStack(), False
        self._wake, wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(wake_write)

    def up(self, announce: Callable[[str], None]) -> int:
        """Until the workload ends or a signal asks to stop; the exit code. `announce` gets the address to log in by, once it
        answers, or earlier where the workload takes its time: the gateway then shows how it starts."""
        with self._stack:
            self.store.prepare(self.settings.user)
            self.store.lock()
            self._clear_leftovers()
            engine = self.engine = choose(self.settings.engine, self.settings.image, self.settings.runtime)
            if self.settings.enable_forensic_cleanup:
                self.store.session_in_memory()
            self._stack.callback(self.store.clear)
            self._record(state="preparing", engine=engine.id)
            app, make = provision.workload(self.settings, engine, self.tell, self._wake)
            ready = prepare.prepare(self.settings, engine, make, name=self.store.id, folder=self.store.session, lifeline=0,
                                    tokens=bool(self.tokens and self.tokens.wanted))  # fmt: skip
            prepare.insist(ready)
            self._tell_gaps(ready)
            self._fetch(engine)
            self.front = Front(self.settings, self._stack)
            self._record(state="starting", app=app, url=self.front.url)
            self.store.open_session(ready.files, self.settings.user, door=True)
            self.cleanup.begin()
            self._stack.push(self._wipe)
            self._open_way_out(ready)
            self._start(ready, engine)
            if self._wait_until_ready(announce):
                self._check(ready, engine)
                if not self._announced:
                    self._announce(announce)
                self._record(state="ready")  # after our link: whoever waits for this makes the one that counts
                self.front.say("ready", [])
                self._watch()
            return self._stop()

    def _fetch(self, engine: Engine) -> None:
        """Models, before the workload starts: in `isolated` it could not get one."""
        orders = wanted.standing(self.settings)
        if orders:
            from catalyst.instance import fetch  # TLS and what goes with it: a slow import

            self._record(state="fetching")
            fetch.before(self.settings, orders, engine, self.tell, self._wake, self.tokens)

    def _record(self, **changes: str | int) -> None:
        """Write what is known by now, so that `down` finds us from the first moment on."""
        first = Entry(
            id=self.store.id, engine="", app=self.settings.app, pid=os.getpid(), url="", state="",
            level=self.settings.security_level.name.lower(), network=self.settings.network_mode.name.lower(),
            log="" if self.settings.enable_forensic_cleanup else str(self.store.log), session=str(self.store.session),
        )  # fmt: skip
        self.entry = replace(self.entry or first, **changes)
        self.store.write(self.entry)

    def _find_first(self) -> None:
        """Take hold of the sandbox's PID 1 as soon as it is there, and note it for a `down` after our death."""
        if self.first is None:
            self.first = hold(self.engine, self.store.id, self.sandbox.pid)
            if self.first:
                self._record(first=self.first.pid, first_started=started(self.first.pid))

    def _tell_gaps(self, ready: Prepared) -> None:
        """What does not hold here, before anything starts."""
        for control, answer in ready.answers.items():
            if not isinstance(answer.overall, Enforced):
                self.tell(f"{control}: {words(answer.overall)}")
        if ready.facts.kernel:
            self.tell(f"the sandbox has a kernel of its own: {plain(ready.facts.kernel)}")
        if BROKER_FILE in ready.files and not ready.facts.notify:
            self.tell("the workload reaches nothing: sockets cannot be supervised there, so none leads to the broker")
        for text in profiles.missing(ready):
            self.tell(text)

    def _clear_leftovers(self) -> None:
        """What a killed `up` left: containers by label. Sockets and sessions are replaced."""
        record = self.store.read()
        if record:
            self.tell(f"cleaning up after an instance that did not end by itself ({plain(record.engine)})")
            leftovers.clean(self.store, record)
        cleanup.resume(self.store, self.settings.wipe_within, self.tell)

    def _start(self, ready: Prepared, engine: Engine) -> None:
        self._stack.callback(engine.remove, self.store.id)
        self.sandbox = process.start(ready.outer.argv, opened=ready.outer.opened)
        self.cleanup.ran = True
        self._stack.callback(self._end_sandbox)
        if self.sandbox.stdout is None:
            raise WorkloadFailed("the sandbox has no output", "report this as a bug")
        self.log = Log(None if self.settings.enable_forensic_cleanup else self.store.log, self.sandbox.stdout)
        shown = front.posture(ready.settings, ready.engine.id, ready.answers)
        self.gateway = self.front.start(self.store, shown, broker=BROKER_FILE in ready.files)
        self._stack.callback(self._kill, self.gateway, DRAIN)

    def _open_way_out(self, ready: Prepared) -> None:
        """The broker, before the workload may ask for it."""
        if BROKER_FILE not in ready.files:
            return
        log = self.store.open_egress_log()
        try:
            self.way_out = WayOut(ready.settings, self.store.session, log, self.tokens)
            self._stack.callback(self.way_out.end)
            self.way_out.start()
            for notice in self.way_out.notices:
                self.tell(notice)
        finally:
            os.close(log)

    def _wait_until_ready(self, announce: Callable[[str], None]) -> bool:
        """True when it answers, False when a signal asked to stop. Raises WorkloadFailed when it ended or never came."""
        began = time.monotonic()
        while time.monotonic() < began + READY_WITHIN:
            self._find_first()
            self.front.say("starting", list(self.log.tail))
            if health.answers(self.front.url, 1.0):
                return True
            if not self._announced and time.monotonic() > began + SOON and self.front.answers():
                self._announce(announce)
            if self._idle(0.1):
                return False
            if self.sandbox.poll() is not None or self.gateway.poll() is not None:
                raise self._failure()
        raise WorkloadFailed(f"the workload did not answer within {READY_WITHIN:g} s",
                             f"read its log: catalyst logs --data {pasted(self.settings.data)}")  # fmt: skip

    def _announce(self, announce: Callable[[str], None]) -> None:
        """Before the sandbox was looked at, too: until then the gateway carries nothing to it."""
        self._announced = True
        announce(front.link(self.store, self.front.url, only=True))
        if beyond := self.front.beyond():
            self.tell(beyond)

    def _failure(self) -> WorkloadFailed:
        """The guard's own words where it refused, else the last lines of the log, set off as somebody else's.

        The guard answers these codes only before it has started anything, so no word of the workload can pass for it.
        """
        self.log.finish()
        lines = list(self.log.tail)
        code = self.sandbox.poll()
        errors = [line.removeprefix("catalyst: error: ") for line in lines if line.startswith("catalyst: error: ")]
        hints = [line.removeprefix("catalyst: hint: ") for line in lines if line.startswith("catalyst: hint: ")]
        if code in OWN_CODES and errors:
            final = FAILED if code == PLACE_UNUSABLE else code
            return WorkloadFailed(errors[-1], hints[-1] if hints else "catalyst doctor", final)
        shown = "".join(f"\n  | {line}" for line in lines[-8:])
        return WorkloadFailed(
            f"the workload ended before it answered (exit code {code}){shown}",
            f"read its log: catalyst logs --data {pasted(self.settings.data)}",
        )

    def _check(self, ready: Prepared, engine: Engine) -> None:
        """Hold what the kernel says against the policy; a sandbox that is not as promised is ended.

        A sandbox that cannot be looked at is not as promised either, unless its engine runs elsewhere (a virtual
        machine) and the level is `normal`.
        """
        lacking = {name for name, answer in ready.answers.items() if isinstance(answer.overall, NotEnforced)}
        if ready.facts.kernel:
            seen = posture.inside(engine, self.store.id)
            posture.compare_inside(ready.policy, seen, self.settings.user[0], lacking)
            return
        self._find_first()  # it may have answered before its PID 1 was found
        if self.first is None:
            unseen = "its processes cannot be seen from here"
            if engine.own_files or self.settings.security_level > Level.NORMAL:
                raise Unenforceable("identity", "the policy", {"seen from the host": unseen})
            self.tell(f"{unseen}, so only the guard has checked them")
            return
        expected = self.settings.user[0] if os.geteuid() == 0 or not engine.rootless() else os.geteuid()
        posture.compare(ready.policy, posture.look(self.first.pid), expected, lacking)

    def _watch(self) -> None:
        """Until sandbox or gateway ends or a signal comes. A broker that ends is started again, a few times: until it is
        there, connections wait; if it stays away, they fail."""
        ends = [os.pidfd_open(self.sandbox.pid), os.pidfd_open(self.gateway.pid)]
        brokers = self.way_out.lives() if self.way_out else []
        while True:
            ready, _, _ = select.select([self._wake, *ends, *brokers], [], [])
            if not set(ready) <= set(brokers):
                break
            brokers = self.way_out.again(self.tell) if self.way_out else []
        for descriptor in (*ends, *brokers):
            os.close(descriptor)

    def _idle(self, seconds: float) -> bool:
        return bool(select.select([self._wake], [], [], seconds)[0])

    def _stop(self) -> int:
        """End the sandbox within its grace, then the gateway. The sandbox's exit code, 0 if it ended as asked."""
        asked = self.sandbox.poll() is None and self.gateway.poll() is None
        with suppress(OSError):
            os.read(self._wake, 512)
        self._record(state="stopping")
        self.front.say("stopping", [])
        if self.sandbox.stdin:
            self.sandbox.stdin.close()  # the guard's lifeline
        deadline = time.monotonic() + self.settings.grace + AFTER_GRACE
        while self.sandbox.poll() is None and time.monotonic() < deadline and not self._idle(0.05):
            pass
        if asked:
            return 0
        if self.sandbox.poll() is None:
            raise WorkloadFailed("the gateway ended", "start again: catalyst up")
        raise self._failure_after(self.sandbox.returncode)

    def _wipe(self, kind: type[BaseException] | None, _error: BaseException | None, _trace: object) -> None:
        """Last of all, when nothing writes any more. A signal now leaves the rest for the next start."""
        with suppress(OSError):
            os.read(self._wake, 512)
        self._record(state="wiping")
        try:
            self.cleanup.finish(stop=lambda: self._idle(0))
        except CatalystError as error:
            if kind is None:
                raise
            self.tell(str(error))  # and the first error goes on

    def _failure_after(self, code: int) -> WorkloadFailed:
        return WorkloadFailed(
            f"the workload ended (exit code {code})", f"read its log: catalyst logs --data {pasted(self.settings.data)}"
        )

    def _end_sandbox(self) -> None:
        """Its client, then its PID 1 from outside: the guard may hang, and what dies with bwrap's monitor is not certain."""
        self._find_first()
        self._kill(self.sandbox)
        if self.first:
            self.first.kill()
            self.first.close()

    def _kill(self, child: "process.Process[bytes]", patience: float = 0.5) -> None:
        if child.stdin:
            with suppress(OSError):
                child.stdin.close()
        try:
            child.wait(timeout=patience)
        except process.Expired:
            child.kill()
            child.wait()
        self.log.finish()
