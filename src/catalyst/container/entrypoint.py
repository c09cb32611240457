"""The first program of a container: what runs in it, in which order, and at the end the guard in our place.

`all` is a bare `docker run`: gateway and broker first, as a child, then the workload under the guard, which becomes PID 1.
`front` and `workload` are the same two halves in containers of their own, which share the folders of the two sockets;
`fetch` is a third, before them, for models.
"""

import json
import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryFile
from types import FrameType
from typing import NoReturn

from catalyst.container import prepare, services, tokens, told
from catalyst.container.prepare import Sockets
from catalyst.container.services import ANSWERS, Services
from catalyst.engine import process
from catalyst.errors import FAILED
from catalyst.guard import plan
from catalyst.guard.record import replace
from catalyst.guard.unprivileged import give_up_root
from catalyst.instance import front as front_of
from catalyst.instance import health, wanted
from catalyst.instance.prepare import SEALED_PORT, MakeWorkload, Prepared, insist
from catalyst.instance.store import Store
from catalyst.instance.tokens import Tokens
from catalyst.policy.model import Enforced
from catalyst.policy.requirement import words
from catalyst.secret import Secret
from catalyst.services.gateway import stated
from catalyst.settings import NetworkMode, Settings
from catalyst.workloads import canary, comfyui, interpreter
from catalyst.workloads.model import SCRATCH

Tell = Callable[[str], None]
NOT_FETCHED = ("no model is fetched in this container; compose and quadlet have a third one that does it, as written by "
               "catalyst render, and on the host it is: catalyst fetch --data FOLDER")  # fmt: skip


def unprivileged(settings: Settings) -> Settings:
    """Nothing in the container is root, whoever it was started as; then the settings as they are meant in it."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _asked_to_end)  # the kernel drops what PID 1 has no handler for
    uid, gid = settings.user
    give_up_root(f"{uid}:{gid}")
    return prepare.here(settings)


def _asked_to_end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def everything(settings: Settings, tell: Tell, take: Callable[[], Tokens | None], hashed: Secret | None) -> int:
    """Gateway, broker and workload in this container. Does not return where all of it starts; else the exit code.

    `take` takes the tokens that the container was given, once it is known that they may be there; `hashed` is what it was
    given for a password."""
    given = tokens.given(settings)
    ready = _start(settings, shared=False, use=given and settings.network_mode is not NetworkMode.ISOLATED)
    if given:
        tokens.insist(ready)
    taken = take()
    _say_gaps(ready, tell)
    child, answers = services.start(taken.by_option(fetches=bool(wanted.standing(settings))) if taken else [], hashed)
    with os.fdopen(answers, "rb") as said:
        if said.read() == ANSWERS:
            if taken:
                taken.reap()
            _become_guard(ready, (child.pid,))
    return child.wait() or FAILED  # it has said why


def workload(settings: Settings, tell: Tell, take: Callable[[], Iterable[str]]) -> int:
    """The workload alone; the other container is `front`, whose broker may use tokens. Does not return where it starts.

    `take` takes tokens out of this container's environment, where they do not belong, and names them."""
    misplaced = tokens.in_environment() or tokens.vault_here(settings)
    ready = _start(settings, shared=True, use=told.hear(settings, tell))
    if misplaced:
        tokens.insist(ready)
        tell(f"{', '.join((*take(), *tokens.vault_here(settings)))}: {tokens.MISPLACED}")
    if asked := wanted.asked(settings):
        tell(f"{', '.join(asked)}: {NOT_FETCHED}")
    _say_gaps(ready, tell)
    _state(ready, tell)
    _become_guard(ready, ())


def front(settings: Settings, tell: Tell, beside: int | None, held: Tokens | None, hashed: Secret | None) -> int:
    """Gateway and broker, until they are ended. `beside`: the descriptor that waits for them, where the workload is to run
    in this container too; `held` is what its broker uses, `hashed` what the container was given for a password."""
    if beside is None:
        return Services(settings, None, tell, held, hashed).run(lambda: None)

    def answer() -> None:
        with os.fdopen(beside, "wb") as waiting:
            waiting.write(ANSWERS)

    ready = _start(settings, shared=False, use=held is not None and held.wanted)
    return Services(settings, ready, tell, held, hashed).run(answer)


def models(settings: Settings, tell: Tell, take: Callable[[], Tokens | None]) -> int:
    """The models of a start, in a container of their own. 0 also where some cannot be had: that stops no workload."""
    orders = wanted.standing(settings)
    prepare.folders(settings, instance=True)
    taken = take()
    if not orders:
        tell("nothing is named to fetch")
        return 0
    from catalyst.container import fetch  # TLS and what goes with it: a slow import

    never, held = os.pipe2(os.O_CLOEXEC)  # a signal ends this process, and with it all others of the container
    try:
        fetch.before(settings, orders, fetch.shown_too(tell, told.show), never, taken)
    finally:
        told.show([])
        os.close(never)
        os.close(held)
    return 0


def alone() -> bool:
    """Does a workload answer that has this container for itself?"""
    return health.answers(f"http://127.0.0.1:{SEALED_PORT}/", path="/system_stats")


def _start(settings: Settings, *, shared: bool, use: bool = False) -> Prepared:
    """`use`: the broker will use tokens. Raises ForeignFolder, PathRefused or Unenforceable."""
    prepare.folders(settings, instance=not shared)
    folder = Store(settings.data).folder / "session"
    ready = prepare.prepare(settings, _program(settings, shared=shared), folder, Sockets(folder, shared=shared), tokens=use)
    insist(ready)
    return ready


def _program(settings: Settings, *, shared: bool) -> MakeWorkload:
    """ComfyUI where there is one, else the canary. Beside the gateway its port must be another."""
    tree = None if settings.app == "canary" else comfyui.find(settings)
    port = SEALED_PORT if shared or settings.port != SEALED_PORT else SEALED_PORT + 1
    if tree is None:
        return lambda _policy, python: canary.workload(settings, python, port, prepare.CONTAINER.id)
    python = comfyui.python(settings, tree) or interpreter.own()
    return lambda _policy, _guard: comfyui.workload(settings, tree, python, port)


def _say_gaps(ready: Prepared, tell: Tell) -> None:
    """What does not hold here, before anything starts; maximum has insisted by now."""
    for control, answer in ready.answers.items():
        if not isinstance(answer.overall, Enforced):
            tell(f"{control}: {words(answer.overall)}")


def _state(ready: Prepared, tell: Tell) -> None:
    """For the page /catalyst of the other container, beside the door. A workload that ran here before us may have left
    anything under these names where the kernel has no Landlock: nothing of it is followed or kept."""
    door = Path(Sockets(Path(ready.sandbox.session), shared=True).door)
    new = door / f"{stated.NAME}.{os.urandom(6).hex()}"
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o400), "w") as stream:
            json.dump(front_of.posture(ready.settings, prepare.CONTAINER.id, ready.answers), stream)
        new.replace(door / stated.NAME)
    except OSError as error:
        tell(f"the page /catalyst will not show what holds here: {door}: {(error.strerror or str(error)).lower()}")


def _become_guard(ready: Prepared, pids: tuple[int, ...]) -> NoReturn:
    """The plan travels in a file that never had a name: there is no folder that nobody but us could change on the way, and
    from `high` on our own filter, where it is around us, refuses memfd_create(2)."""
    text = plan.encode(replace(plan.decode(ready.inner.text), services=pids))
    with TemporaryFile(dir=SCRATCH) as file:
        file.write(text.encode())
        file.flush()
        process.become([*ready.outer.argv[:-1], f"/proc/self/fd/{file.fileno()}"], keep=(file.fileno(),))
