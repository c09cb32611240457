"""Run the probes: in a sandbox made as `up` makes it, in one with protections taken away, and in none."""

import json
import os
import select
import socket
import time
from contextlib import suppress
from pathlib import Path

from catalyst.audit.inside import attempt
from catalyst.audit.inside.probe import EVIDENCE_LENGTH, OUTCOMES, Answer, Context
from catalyst.audit.verify import ablation
from catalyst.audit.verify.bait import Bait
from catalyst.engine import process
from catalyst.engine.engine import Engine, hold
from catalyst.errors import plain
from catalyst.guard.record import Record, replace
from catalyst.instance import prepare
from catalyst.instance.ground import temporary
from catalyst.instance.prepare import Prepared
from catalyst.instance.store import make_session, remove_session
from catalyst.instance.way_out import way_out
from catalyst.policy.model import Place
from catalyst.render.session import PLAN_FILE
from catalyst.settings import Settings
from catalyst.workloads import comfyui
from catalyst.workloads.interpreter import Interpreter
from catalyst.workloads.model import BASE_ENV, DATA, HOME, PACKAGE, SCRATCH, Mount, Workload, places

WITHIN = 120.0  # s for all attempts of one sandbox
MOST_SAID = 4 << 20  # all answers together have 200 kB
Answers = dict[str, Answer]


class Variant(Record):
    """Which rules are taken out of which layer. `bare`: the engine is given no security flag at all. `only`: the probes
    to make, all where it is empty."""

    name: str
    outer: frozenset[str] = frozenset()
    inner: frozenset[str] = frozenset()
    bare: bool = False
    only: tuple[str, ...] = ()


class Ran(Record):
    """What came of one variant. `changed`: something could be taken away at all; `why` if the sandbox did not start."""

    answers: Answers
    changed: bool = True
    why: str = ""


def context(settings: Settings, bait: Bait) -> Context:
    """Where everything lies inside."""
    inside = {place.value: Path(DATA) / place.value for place in Place}
    if comfyui.find(settings):
        inside["code"] = Path(comfyui.CODE)
    return Context(Path(SCRATCH), Path(HOME), inside, bait.words)


def workload(
    settings: Settings, where: Context, python: Interpreter, only: tuple[str, ...] = (), port: int = prepare.SEALED_PORT
) -> Workload:
    """The probes in ComfyUI's place: same mounts, same port, same environment, but run once."""
    tree = comfyui.find(settings)
    code = (Mount(str(tree), comfyui.CODE),) if tree else ()
    words = attempt.command(where, python.executable)
    words[words.index(str(attempt.MAIN))] = f"{PACKAGE}/audit/inside/__main__.py"
    words += ["--only", ",".join(only)] if only else []
    return Workload(
        name="verify", argv=tuple(words), env=BASE_ENV, cwd=SCRATCH,
        mounts=(*python.mounts, *code, *places(settings.data)), port=port, stop_signal="SIGTERM",
        grace=2, restarts=0,
    )  # fmt: skip


def unconfined(bait: Bait, instead: Path | None = None) -> Answers:
    """The positive control: the same attempts, here, as whoever runs this, with nothing in their way; `instead` as for
    `temporary`.

    What came to nothing is made once more, without the others: a busy machine needs more than 20 s for 4000 tasks. That
    cannot hide a breach, for what is confined has its one attempt.
    """
    answers = _unconfined(bait, (), instead)
    silent = tuple(name for name, answer in answers.items() if answer.outcome == "unknown")
    return answers | (_unconfined(bait, silent, instead) if silent else {})


def _unconfined(bait: Bait, only: tuple[str, ...], instead: Path | None) -> Answers:
    folder = temporary(instead=instead)
    try:
        inside = {}
        for place in Place:
            inside[place.value] = folder / place.value
            inside[place.value].mkdir()
        command = attempt.command(Context(folder, Path(bait.words["home"]), inside, bait.words))
        command += ["--only", ",".join(only)] if only else []
        running = process.start(["env", bait.variable, *command], stdin=process.NULL, errors=process.NULL)
        try:
            return _read(running)
        finally:
            _end(running)
    finally:
        remove_session(folder)


def confined(settings: Settings, engine: Engine, bait: Bait, variant: Variant) -> Ran:
    """The attempts under the policy, less what the variant takes away. Raises CatalystError before anything starts."""
    folder = temporary()
    alive, held = os.pipe2(os.O_CLOEXEC)
    try:
        ready = prepare.prepare(
            settings, engine, lambda _policy, python: workload(settings, context(settings, bait), python, variant.only),
            name=os.urandom(6).hex(), folder=folder, lifeline=None if engine.proxies_signals else alive,
        )  # fmt: skip
        if not (variant.outer or variant.inner or variant.bare):
            prepare.insist(ready)
        argv, files = _taken_away(ready, variant, bait)
        if (argv, files) == (list(ready.outer.argv), ready.files) and (variant.outer or variant.inner):
            return Ran({}, changed=False)
        return attack(replace(ready, files=files), argv, folder, bait, alive)
    finally:
        os.close(alive)
        os.close(held)
        remove_session(folder)


def attack(
    ready: Prepared, argv: list[str], folder: Path, bait: Bait, alive: int, control: socket.socket | None = None
) -> Ran:
    """Start what is ready by `argv` and hear its answers. `folder` becomes its session; `alive` is its lifeline, which the
    caller closes; `control` the broker's, if it is not to lie in the session."""
    make_session(folder, ready.files)
    _door(folder, ready.settings)
    opened = [one for one in ready.outer.opened if str(one[0]) in argv]
    keep = () if ready.engine.proxies_signals else (alive,)
    with way_out(ready, folder, at_once=True, control=control):
        running = process.start(["env", bait.variable, *argv], stdin=process.NULL, keep=keep, opened=opened)
        lines: list[str] = []
        try:
            answers = _read(running, lines)
        finally:
            _end_sandbox(ready.engine, ready.sandbox.id, running)
    return Ran(answers, why="" if answers else " / ".join(lines[-3:]) or "it said nothing")


def _end_sandbox(engine: Engine, name: str, running: "process.Process[bytes]") -> None:
    """Whatever is left of it: its PID 1 is held before the client that shows the way to it is killed."""
    first = hold(engine, name, running.pid) if running.poll() is None else None
    _end(running)
    if first:
        first.kill()
        first.close()
    engine.remove(name)


def _end(running: "process.Process[bytes]") -> None:
    if running.stdout:
        running.stdout.close()
    with suppress(process.Expired):
        running.wait(timeout=2)  # it has said all, or it will never end
    running.kill()
    running.wait()


def _door(folder: Path, settings: Settings) -> None:
    (folder / "door").mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder / "door", *settings.user)


def _taken_away(ready: Prepared, variant: Variant, bait: Bait) -> tuple[list[str], dict[str, bytes]]:
    as_root = "Identity" in variant.outer & variant.inner  # one layer is enough to take root away
    host = ablation.Host(_bounding(), str(bait.folder), bait.variable, bait.uid, home=bait.words["home"], as_root=as_root)
    if variant.bare:
        argv = ablation.bare(ready.outer.argv)
    else:
        argv = ablation.outer(ready.engine.id, ready.outer.argv, variant.outer, host)
    plan = json.loads(ready.files[PLAN_FILE])
    changed = ablation.inner(plan, variant.inner, host)
    text = ready.files[PLAN_FILE] if changed == plan else json.dumps(changed).encode()
    return argv, {**ready.files, PLAN_FILE: text}


def _bounding() -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("CapBnd:"):
            return int(line.split()[1], 16)
    return 0


def _read(running: "process.Process[bytes]", lines: list[str] | None = None) -> Answers:
    """The answers a run prints, a JSON object a line. Anything else it says goes to `lines`.

    Neither one that says more than all answers can be nor one that never ends is waited for.
    """
    answers: Answers = {}
    said, end = bytearray(), time.monotonic() + WITHIN
    while running.stdout and len(said) < MOST_SAID and (left := end - time.monotonic()) > 0:
        if select.select([running.stdout], [], [], left)[0]:
            part = os.read(running.stdout.fileno(), 1 << 16)
            if not part:
                break
            said += part
    for line in said.decode("utf-8", "replace").splitlines():
        found = _answer(line)
        if found:
            answers[found[0]] = found[1]
        elif lines is not None:
            lines.append(plain(line, 300))
    return answers


def _answer(line: str) -> tuple[str, Answer] | None:
    """Little is believed: what stands in the sandbox's output may be anybody's."""
    with suppress(ValueError, TypeError, KeyError, RecursionError):
        said = json.loads(line)
        outcome, evidence, error = said["outcome"], said["evidence"], said["errno"]
        if outcome in OUTCOMES and isinstance(evidence, str) and (error is None or isinstance(error, str)):
            return str(said["id"]), Answer(outcome, evidence[:EVIDENCE_LENGTH], error and error[:EVIDENCE_LENGTH])
    return None
