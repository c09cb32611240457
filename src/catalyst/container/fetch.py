"""The models of a container's start: fetched before there is a workload, and beside no broker but the downloader's own.

The downloader is held by a guard of its own, as the workload is to be, and closer: it writes the staging folder alone, not
even scratch folders, where the workload would find what it left; of the data directory's other folders it opens none. Its
broker's control is out of its reach, although all have one uid. What outlives its guard becomes our child, and is ended
before what it brought is looked at.
"""

import os
import signal
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from catalyst.container import prepare
from catalyst.container import tokens as ground_for_tokens
from catalyst.container.prepare import CONTAINER, Sockets
from catalyst.engine.engine import Engine, children
from catalyst.errors import CatalystError
from catalyst.guard import plan, syscalls
from catalyst.guard.landlock import SYSTEM
from catalyst.guard.record import replace
from catalyst.instance import alone, fetch
from catalyst.instance.job import Job
from catalyst.instance.prepare import MakeWorkload, Prepared
from catalyst.instance.store import Store, make_session, remove_session
from catalyst.instance.wanted import Order
from catalyst.instance.way_out import SOCKET, abstract, nameless, way_out
from catalyst.policy.model import NotEnforced
from catalyst.policy.requirement import words
from catalyst.render.session import PLAN_FILE
from catalyst.settings import Settings
from catalyst.workloads.model import SCRATCH, WAY_OUT, Workload

if TYPE_CHECKING:
    from catalyst.instance.tokens import Tokens

Tell = Callable[[str], None]
SESSION = "fetch-"  # and what follows, below Catalyst's own files
LINES = 20  # that the page of a start shows
PATIENCE = 30.0  # s that it may take to end what a downloader left
MATTERS = ("write-confinement", "hidden-secrets", "network-mode", "system-calls")  # to a downloader that was taken over
# The files that a sandbox shows are this container's, and nothing but its guard ends what the guard started.
HERE = replace(CONTAINER, target="guard", own_files=True)


def before(settings: Settings, orders: Sequence[Order], tell: Tell, wake: int, tokens: "Tokens | None" = None) -> None:
    """Fetch them. What cannot be had is told, and the start goes on. Raises SettingsError, and CatalystError where a
    downloader cannot be ended: no workload may start beside it."""
    for left in Store(settings.data).make_kept().glob(f"{SESSION}*"):  # by a container that was killed
        remove_session(left)
    if not os.access("/tmp", os.W_OK | os.X_OK):  # --read-only
        tempfile.tempdir = SCRATCH
    with nothing_left():
        try:
            fetch.before(settings, orders, HERE, tell, wake, tokens, opened)
        except OSError as error:  # a full volume; the workload may do with what is there
            tell(f"models are not fetched: {(error.strerror or str(error)).lower()}")
        finally:
            if tokens:
                tokens.lend_no_more()


def shown_too(tell: Tell, show: Callable[[list[str]], None]) -> Tell:
    """`tell` whose last lines are shown elsewhere as well."""
    lines: deque[str] = deque(maxlen=LINES)

    def both(text: str) -> None:
        tell(text)
        lines.append(text)
        show(list(lines))

    return both


@contextmanager
def opened(
    settings: Settings, _engine: Engine, make: MakeWorkload, *, insist: Callable[[Prepared], Prepared] = lambda ready: ready,
    tokens: "Tokens | None" = None, tell: Tell = lambda _: None,
) -> Iterator[Job]:  # fmt: skip
    """As job.opened, in the container around us."""
    folder = Store(settings.data).make_kept() / f"{SESSION}{os.urandom(6).hex()}"
    sockets = Sockets(folder)
    with ExitStack() as after:
        after.callback(remove_session, folder)
        after.callback(_end_all_but, {*children(os.getpid())})  # with a file open, it could change what was hashed
        ready = prepare.prepare(
            settings, lambda policy, python: _in_place(make(policy, python), f"{sockets.out}/{SOCKET}"), folder, sockets,
            lifeline=0, tokens=tokens is not None,
        )  # fmt: skip
        ready = insist(ready)
        if tokens is not None or ground_for_tokens.given(settings):
            ground_for_tokens.insist(ready)  # whether they are used or not, they are in this container
        _say_gaps(ready, tell)
        ready = replace(tightened(ready), engine=HERE)  # by which a guard is given the time to end what it started
        make_session(folder, ready.files)
        scoped = plan.decode(ready.inner.text).scoped
        control = abstract(folder.name) if scoped else nameless(folder)
        with way_out(ready, folder, at_once=True, tokens=tokens, tell=tell, control=control) as broker:
            yield Job(ready, folder, broker)


def _in_place(workload: Workload, door: str) -> Workload:
    """The same with every folder named as it is called in this container, and `door` for the broker's socket."""
    lies = {mount.target: mount.source for mount in workload.mounts}

    def here(word: str) -> str:
        found = next((one for one in lies if word == one or word.startswith(f"{one}/")), "")
        return f"{lies[found]}{word[len(found):]}" if found else word

    return replace(
        workload, argv=tuple(map(here, workload.argv)), cwd="/", folders=(),
        env={name: door if value == WAY_OUT else value for name, value in workload.env.items()},
        mounts=tuple(replace(mount, target=mount.source) for mount in workload.mounts),
    )  # fmt: skip


def tightened(ready: Prepared) -> Prepared:
    """`ready` with a filter, and where the kernel has them, file rules that leave the downloader less than any workload."""
    todo = plan.decode(ready.inner.text)
    rules = todo.file_rules
    if rules is not None:
        (place,) = todo.places
        beside = _beside(place.inside, ready.settings.data, rules.execute)
        rules = replace(rules, write=(place.inside,), hidden=tuple(dict.fromkeys((*rules.hidden, *beside))))
    text = plan.encode(replace(todo, file_rules=rules, filter=alone.modeless(ready, todo.filter)))
    return replace(ready, inner=replace(ready.inner, text=text), files={**ready.files, PLAN_FILE: text.encode()})


def _beside(staging: str, data: str, execute: Sequence[str]) -> Iterator[str]:
    """Every folder of the data directory that is not on the way to `staging` or to a program, as they lie now."""
    way = os.path.realpath(staging)
    needed = [way, *map(os.path.realpath, (*execute, *SYSTEM, "/dev", "/proc"))]
    for folder in dict.fromkeys((os.path.realpath(data), str(Path(way).parent))):
        for one in sorted(os.scandir(folder), key=lambda entry: entry.name):
            real = os.path.realpath(one.path)
            if one.is_dir() and not any(os.path.commonpath((real, other)) in {real, other} for other in needed):
                yield real


def _say_gaps(ready: Prepared, tell: Tell) -> None:
    for control in MATTERS:
        answer = ready.answers.get(control)
        if answer and isinstance(answer.overall, NotEnforced):
            tell(f"{control}, of the downloader: {words(answer.overall)}")


@contextmanager
def nothing_left() -> Iterator[None]:
    """What is started within and becomes an orphan is ended at the end. Where there are no scopes for signals (below ABI 6)
    a downloader could end its guard and live on beside the workload. Raises CatalystError where that cannot be."""
    before = {*children(os.getpid())}
    syscalls.prctl("PR_SET_CHILD_SUBREAPER", syscalls.PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        _end_all_but(before)
        syscalls.prctl("PR_SET_CHILD_SUBREAPER", syscalls.PR_SET_CHILD_SUBREAPER, 0)


def _end_all_but(before: set[int]) -> None:
    """The children of one that ends become ours, so it is looked again until there are none."""
    end = time.monotonic() + PATIENCE
    while left := {*children(os.getpid())} - before:
        if time.monotonic() > end:
            raise CatalystError("what the downloader left cannot be ended, and no workload starts beside it",
                                "start the container again")  # fmt: skip
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in left:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)
