"""Run the probes: in a sandbox made as `up` makes it, in one with protections taken away, and in none."""

import json
import os
from contextlib import suppress
from pathlib import Path

from catalyst.audit.inside import attempt
from catalyst.audit.inside.probe import OUTCOMES, Answer, Context
from catalyst.audit.verify import ablation
from catalyst.audit.verify.bait import Bait
from catalyst.engine import process
from catalyst.engine.engine import Engine, hold
from catalyst.guard.record import Record
from catalyst.instance import prepare
from catalyst.instance.prepare import Prepared
from catalyst.instance.store import make_session, remove_session, temporary
from catalyst.policy.model import Place
from catalyst.render.session import PLAN_FILE
from catalyst.settings import Settings
from catalyst.workloads import comfyui
from catalyst.workloads.interpreter import Interpreter
from catalyst.workloads.model import BASE_ENV, DATA, HOME, PACKAGE, SCRATCH, Mount, Workload, places

WITHIN = 120.0  # s for all attempts of one sandbox
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


def workload(settings: Settings, where: Context, python: Interpreter, only: tuple[str, ...] = ()) -> Workload:
    """The probes in ComfyUI's place: same mounts, same port, same environment, but run once."""
    tree = comfyui.find(settings)
    code = (Mount(str(tree), comfyui.CODE),) if tree else ()
    words = attempt.command(where, python.executable)
    words[words.index(str(attempt.MAIN))] = f"{PACKAGE}/audit/inside/__main__.py"
    words += ["--only", ",".join(only)] if only else []
    return Workload(
        name="verify", argv=tuple(words), env=BASE_ENV, cwd=SCRATCH,
        mounts=(*python.mounts, *code, *places(settings.data)), port=prepare.SEALED_PORT, stop_signal="SIGTERM",
        grace=2, restarts=0,
    )  # fmt: skip


def unconfined(bait: Bait) -> Answers:
    """The positive control: the same attempts, here, as whoever runs this, with nothing in their way."""
    folder = temporary()
    try:
        inside = {}
        for place in Place:
            inside[place.value] = folder / place.value
            inside[place.value].mkdir()
        command = attempt.command(Context(folder, Path(bait.words["home"]), inside, bait.words))
        running = process.start(["env", bait.variable, *command], stdin=process.NULL, errors=process.NULL)
        return _read(running)
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
        make_session(folder, files)
        _door(folder, settings)
        opened = [one for one in ready.outer.opened if str(one[0]) in argv]
        keep = () if engine.proxies_signals else (alive,)
        running = process.start(["env", bait.variable, *argv], stdin=process.NULL, keep=keep, opened=opened)
        first = hold(engine, ready.sandbox.id, running.pid)
        lines: list[str] = []
        answers = _read(running, lines)
        if first:
            first.kill()
            first.close()
        engine.remove(ready.sandbox.id)
        return Ran(answers, why="" if answers else " / ".join(lines[-3:]) or "it said nothing")
    finally:
        os.close(alive)
        os.close(held)
        remove_session(folder)


def _door(folder: Path, settings: Settings) -> None:
    (folder / "door").mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder / "door", *settings.user)


def _taken_away(ready: Prepared, variant: Variant, bait: Bait) -> tuple[list[str], dict[str, bytes]]:
    host = ablation.Host(_bounding(), str(bait.folder), bait.variable, as_root="Identity" in variant.inner)
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
    """The answers a run prints, a JSON object a line. Anything else it says goes to `lines`."""
    answers: Answers = {}
    try:
        out, _ = running.communicate(timeout=WITHIN)
    except process.Expired:
        running.kill()
        out, _ = running.communicate()
    for line in out.decode("utf-8", "replace").splitlines():
        found = _answer(line)
        if found:
            answers[found[0]] = found[1]
        elif lines is not None:
            lines.append(line[:300])
    return answers


def _answer(line: str) -> tuple[str, Answer] | None:
    """Little is believed: what stands in the sandbox's output may be anybody's."""
    with suppress(ValueError, TypeError, KeyError):
        said = json.loads(line)
        outcome, evidence, error = said["outcome"], said["evidence"], said["errno"]
        if outcome in OUTCOMES and isinstance(evidence, str) and (error is None or isinstance(error, str)):
            return str(said["id"]), Answer(outcome, evidence, error)
    return None
