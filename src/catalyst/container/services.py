"""Gateway and broker of a container, looked after by one process: beside the workload, or in a container of their own.

Beside the workload it is a child of PID 1. The workload is kept from it by Landlock, and where the kernel has no scopes for
signals it may end it: then the guard ends the workload.
"""

import os
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

from catalyst.container import in_force, password, password_hash, told
from catalyst.container.prepare import CONTAINER, Sockets
from catalyst.engine import process
from catalyst.errors import BrokerSilent, Contradiction, ServiceFailed
from catalyst.guard.landlock import SCOPES_SINCE
from catalyst.instance import front, health, wanted
from catalyst.instance.front import Front
from catalyst.instance.prepare import Prepared
from catalyst.instance.store import Entry, Store
from catalyst.instance.tokens import Tokens
from catalyst.instance.way_out import SOCKET, WayOut, abstract, control_path, nameless
from catalyst.policy.build import build
from catalyst.render import broker, pod
from catalyst.render.session import BROKER_FILE
from catalyst.secret import Secret
from catalyst.services.broker import client
from catalyst.settings import PASSWORD_HASH, Settings, environment

ANSWER_WITHIN, DRAIN = 60.0, 4.0  # s: the gateway, which imports for a second; and what it gets to end
ANSWERS = b"answers"
Tell = Callable[[str], None]


class Services:
    """`beside` is the workload's start if it runs in this container, None where these are alone in theirs; `tokens` are what
    the broker is to use, and before it the models', `hashed` what a variable says is the password."""

    def __init__(
        self, settings: Settings, beside: Prepared | None, tell: Tell, tokens: Tokens | None = None,
        hashed: Secret | None = None,
    ) -> None:  # fmt: skip
        self.settings, self.beside, self.tell, self.tokens, self.hashed = settings, beside, tell, tokens, hashed
        self.store = Store(settings.data)
        self.sockets = Sockets(self.store.session, shared=beside is None)
        self.way_out: WayOut | None = None
        self._config = broker.config(build(settings))
        self._wake, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(write)

    def run(self, answer: Callable[[], None]) -> int:
        """Until a signal asks to stop (0) or the gateway ends (1). `answer` is called when both of them do."""
        with ExitStack() as stack:
            self.store.make_kept()
            self.store.lock()
            self.store.clear()  # what a container that was killed left: nobody runs, as we have the lock
            self._take_password()
            self.front = Front(self.settings, stack)
            self._record("starting")
            files = {BROKER_FILE: self._config} if self._config else {}
            self.store.open_session(files, self.settings.user, door=self.beside is not None)
            stack.callback(self.store.clear)
            self._open_gateway(stack)
            if not self._fetched():
                return 0
            self._open_way_out(stack)
            self._insist()
            answer()
            if self._wait_for_workload():
                self.front.say("ready", [])
                self._record("ready")
                self.tell(f"ComfyUI answers behind port {self.settings.port} of this container; to log in: "
                          f"{_shell()} catalyst token link")  # fmt: skip
                return self._watch()
            return 0

    def _take_password(self) -> None:
        """From outside: a mounted file, or a variable. What both say nobody could tell. Raises SettingsError."""
        if password.take(self.store):
            if self.hashed:
                raise Contradiction(PASSWORD_HASH, "environment", password.FILE, "a mounted secret")
            self.tell(f"the password is the one in {password.FILE}")
        elif self.hashed:
            password_hash.take(self.store, self.hashed)
            self.tell(f"the password is the one that {PASSWORD_HASH} is made of")

    def _record(self, state: str) -> None:
        self.store.write(Entry(
            id=self.store.id, engine=CONTAINER.id, app=self.settings.app, pid=os.getpid(), url=self.front.url, state=state,
            level=self.settings.security_level.name.lower(), network=self.settings.network_mode.name.lower(), log="",
        ))  # fmt: skip

    def _fetched(self) -> bool:
        """Models, before there is a broker for the workload: what that reaches is not the downloader's, nor the other way
        round. False when asked to stop. In two containers they are a third one's (render/two.py)."""
        orders = wanted.standing(self.settings) if self.beside else []
        if not orders:
            return True
        from catalyst.container import fetch  # TLS and what goes with it: a slow import

        self._record("fetching")
        show = fetch.shown_too(self.tell, lambda lines: self.front.say("starting", lines))
        fetch.before(self.settings, orders, show, self._wake, self.tokens)
        self._record("starting")
        return not select.select([self._wake], [], [], 0)[0]

    def _open_way_out(self, stack: ExitStack) -> None:
        """The workload has our uid, so its path would let it in to the owner's socket: that has a name which Landlock keeps
        from the workload, or where the kernel cannot, none. Alone it has a path, since nobody else has our files, and no
        name: the containers of a pod share those (tests/attacks/test_pods_abstract_socket.py)."""
        if not self._config:
            return
        if self.beside is None:
            with suppress(FileNotFoundError):
                (self.sockets.out / SOCKET).unlink()
        else:
            self.sockets.out.mkdir(mode=0o700)
        log = self.store.open_egress_log()
        try:
            self.way_out = WayOut(self.settings, self.store.session, log, self.tokens, out=self.sockets.out,
                                  control=self._control(), trusted=self.sockets.trusted)  # fmt: skip
            stack.callback(self.way_out.end)
            self.way_out.start()
            for notice in self.way_out.notices:
                self.tell(notice)
        finally:
            os.close(log)
        if self.beside is None:
            told.say(self.sockets.out, used=self.tokens is not None)

    def _control(self) -> socket.socket | None:
        if self.beside is None:
            return None
        scoped = self.beside.facts.landlock >= SCOPES_SINCE
        return abstract(self.store.id) if scoped else nameless(self.store.session)

    def _open_gateway(self, stack: ExitStack) -> None:
        if self._config:
            os.close(self.store.open_egress_log())  # the gateway shows it
        shown = front.posture(self.settings, CONTAINER.id, self.beside.answers if self.beside else {})
        self.gateway = self.front.start(self.store, shown, broker=self._config is not None, door=self.sockets.door)
        stack.callback(self._end_gateway)

    def _end_gateway(self) -> None:
        if self.gateway.stdin:
            with suppress(OSError):
                self.gateway.stdin.close()
        try:
            self.gateway.wait(timeout=DRAIN)
        except process.Expired:
            self.gateway.kill()
            self.gateway.wait()

    def _insist(self) -> None:
        """Both answer. Raises ServiceFailed."""
        end = time.monotonic() + ANSWER_WITHIN
        while not (self.front.answers() and self._broker_answers()):
            if self.gateway.poll() is not None or time.monotonic() > end:
                raise ServiceFailed("the gateway" if not self.front.answers() else "the broker")
            time.sleep(0.05)

    def _broker_answers(self) -> bool:
        if self.way_out is None or (self.beside and not self.way_out.reachable):
            return True
        try:
            with control_path(self.store.session) as path:
                client.listed(self.way_out.reachable or path)
        except BrokerSilent:
            return False
        return True

    def _wait_for_workload(self) -> bool:
        """True once it answers and is as it was promised; False when asked to stop. Raises Unenforceable, ServiceFailed.

        It may take any time, and be started anew by the guard: whether to give it up is the guard's to say.
        """
        while not health.answers(self.front.url, 1.0):
            self.front.say("starting", [] if self.beside else told.shown())
            if select.select([self._wake], [], [], 0.2)[0]:
                return False
            if self.gateway.poll() is not None:
                raise ServiceFailed("the gateway")
        if self.beside:
            in_force.check(self.beside)
        return True

    def _watch(self) -> int:
        """A broker that ends is started again a few times; then its socket stays shut, and connects fail."""
        gateway = process.end_of(self.gateway)
        brokers = self.way_out.lives() if self.way_out else []
        while True:
            ready, _, _ = select.select([self._wake, gateway, *brokers], [], [])
            if self._wake in ready:
                self.front.say("stopping", [])
                return 0
            if gateway in ready:
                raise ServiceFailed("the gateway")
            for descriptor in brokers:
                os.close(descriptor)
            brokers = self.way_out.again(self.tell) if self.way_out else []


def _shell() -> str:
    """What a command sent into this container begins with. The kubelet tells every container where its API server is
    (kubernetes.io/docs/concepts/services-networking/service), and a pod's host name is its name."""
    name = socket.gethostname()
    in_pod = environment("KUBERNETES_SERVICE_HOST")
    return f"kubectl -n {pod.NAME} exec {name} -c front --" if in_pod else f"docker exec {name}"


def start(pipes: Sequence[tuple[str, int]], hashed: Secret | None = None) -> "tuple[process.Process[bytes], int]":
    """All this as a child, and a descriptor that says ANSWERS once gateway and broker do. `pipes`: those that tokens come
    through, by their option, which are closed here; `hashed` as for Services."""
    read, write = os.pipe2(os.O_CLOEXEC)
    given = [*pipes, *([("password-fd", password_hash.handed_over(hashed))] if hashed else [])]
    words = [f"--{name}={number}" for name, number in given]
    numbers = [number for _, number in given]
    try:
        child = process.start(
            process.python("catalyst", "entrypoint", "front", "--beside", str(write), *words), stdin=process.NULL,
            output=None, errors=None, keep=(write, *numbers), settings=True,
        )  # fmt: skip
    finally:
        for number in (write, *numbers):
            os.close(number)
    return child, read
