"""Make attempts, each in a short-lived child, and tell what came of them."""

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import catalyst.audit.probes
from catalyst.audit.inside.probe import EVIDENCE_LENGTH, Answer, Context, Probe, parse, unknown

TIMEOUT = 5.0  # for one attempt; its own time-outs are shorter
AT_ONCE = 8
MAIN = Path(__file__).with_name("__main__.py")
Command = Callable[[str], list[str]]


def names() -> list[str]:
    """Ids of all probes, in file-name order; the file of `raw-socket` is raw_socket.py."""
    folder = Path(catalyst.audit.probes.__path__[0])
    return sorted(file.stem.replace("_", "-") for file in folder.glob("*.py") if file.stem != "__init__")


def load(name: str) -> Probe:
    """One probe, without importing the others. Raises ModuleNotFoundError, or TypeError where the file has none."""
    module = importlib.import_module(f"catalyst.audit.probes.{name.replace('-', '_')}")
    found = getattr(module, "PROBE", None)
    if not isinstance(found, Probe) or found.id != name:
        raise TypeError(f"{module.__name__} must declare PROBE with the id {name}")
    return found


def load_all() -> tuple[Probe, ...]:
    """Every probe. A file that fails to load stops the program: a lost probe is a breach nobody sees."""
    return tuple(load(name) for name in names())


def child_command(context: Context, python: str = sys.executable) -> Command:
    """How a child is started that makes the attempt of that id."""
    told = json.dumps([str(context.scratch), str(context.home), {key: str(path) for key, path in context.places.items()},
                       dict(context.bait)])  # fmt: skip
    return lambda name: [python, "-I", "-S", str(MAIN), "--context", told, "--probe", name]


def make_all(probes: Iterable[Probe], command: Command) -> Iterator[tuple[Probe, Answer]]:
    """Every attempt with its answer: side by side, but for those that must be alone, which come last."""
    probes = list(probes)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        together = [probe for probe in probes if not probe.by_itself]
        yield from zip(together, pool.map(lambda probe: make(command(probe.id)), together), strict=True)
    for probe in probes:
        if probe.by_itself:
            yield probe, make(command(probe.id), 4 * TIMEOUT)


def make(argv: list[str], timeout: float = TIMEOUT) -> Answer:
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
    answer = parse(first) or _wordless(child.returncode, err.decode("utf-8", "replace"))
    return answer._replace(evidence=answer.evidence[:EVIDENCE_LENGTH])


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
