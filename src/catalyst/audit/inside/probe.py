"""What a probe is, what it answers, and the line in which the answer travels from the child that tried.

NamedTuples, not dataclasses: each attempt is a process of its own, and `inspect` would cost half its start.
"""

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple, get_args

Outcome = Literal["denied", "allowed", "unknown"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
EVIDENCE_LENGTH = 300

LEVELS = ("normal", "high", "maximum")
FROM_HIGH = LEVELS[1:]
NETWORKS = ("public", "restricted", "isolated")
SEALED = NETWORKS[1:]
# Who can hold a probe alone: an engine (the outer layer), or the guard (the inner one).
ENGINES = ("docker", "podman", "bwrap")
CONTAINERS = ("docker", "podman")
MAKERS = (*ENGINES, "container")  # the last: somebody else's, of which nothing is promised
GUARD = "guard"
EVERYONE = (*ENGINES, GUARD)

# What the kernel says when it, a filter or a missing file stops an attempt. Any other error (EMFILE, EIO, ENOSPC)
# says nothing about confinement, so it makes the attempt unknown.
STOPPING = frozenset({
    errno.EPERM, errno.EACCES, errno.EROFS, errno.ENOSYS, errno.ENOENT, errno.ENOTDIR, errno.ENXIO, errno.ENODEV,
    errno.ESRCH, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ECONNREFUSED, errno.EAFNOSUPPORT,
    errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT, errno.EADDRNOTAVAIL,
})  # fmt: skip


class Answer(NamedTuple):
    """Outcome, the name of the error met (if one was) and a sentence of evidence. Never a secret's content."""

    outcome: Outcome
    evidence: str
    errno: str | None = None

    def line(self) -> str:
        """The one line an attempt prints: outcome, error name or `-`, evidence."""
        text = "".join(letter if letter.isprintable() else "?" for letter in self.evidence)
        return f"{self.outcome} {self.errno or '-'} {text[:EVIDENCE_LENGTH]}"


def parse(line: str) -> Answer | None:
    """The answer in a printed line, or None where there is none."""
    words = line.split(" ", 2)
    for outcome in OUTCOMES:
        if words[0] == outcome and len(words) == 3:
            return Answer(outcome, words[2], None if words[1] == "-" else words[1])
    return None


class Context(NamedTuple):
    """Where an attempt may look and write: a scratch folder, HOME, the workload's places by name, and the bait.

    Bait is what `catalyst verify` lays out on the host for attempts to reach for (audit/verify/bait.py): a file, a
    listener, a process, an IPC object. Where none is laid, an attempt that needs it answers unknown.
    """

    scratch: Path
    home: Path
    places: Mapping[str, Path] = {}
    bait: Mapping[str, str] = {}


class Probe(NamedTuple):
    """One step of an attacker.

    `origin` is an incident of the threat list (I7), a CVE, another tool's probe, or `general`. `control` is the id of
    the control that is to stop it, `layers` who holds it alone: engines, the guard. `also` are further controls that
    stop it too, so that only without all of them it gets through. `levels` and `networks` are where it is promised to
    be stopped; `open_because` says why it is promised nowhere. `needs_root`: only root can show that the attempt works
    unconfined. `kept_by`: per engine, what stops it besides all controls and cannot be taken away, so that ablation
    cannot show it going through. `by_itself`: it uses up something that others need, so nothing runs beside it.
    """

    id: str
    theme: str
    title: str
    origin: str
    control: str
    layers: tuple[str, ...]
    act: Callable[[Context], Answer]
    also: tuple[str, ...] = ()
    levels: tuple[str, ...] = LEVELS
    networks: tuple[str, ...] = NETWORKS
    open_because: str = ""
    needs_root: bool = False
    kept_by: Mapping[str, str] = {}
    by_itself: bool = False


def allowed(evidence: str, error: OSError | None = None) -> Answer:
    """The step worked. `error` is what the kernel said after it had let the step in."""
    return Answer("allowed", evidence, name_of(error) if error else None)


def denied(evidence: str) -> Answer:
    """The step found nothing to take or nowhere to go, without an error to name."""
    return Answer("denied", evidence)


def unknown(reason: str) -> Answer:
    """It cannot be said whether the step would work."""
    return Answer("unknown", reason)


def met(error: OSError, what: str = "") -> Answer:
    """The answer to an error from the kernel: denied where the error is one that stops, else unknown."""
    where = what or str(error.filename or "")
    text = f"{where}: {os.strerror(error.errno or 0)}".removeprefix(": ")
    return Answer("denied" if error.errno in STOPPING else "unknown", text, name_of(error))


def name_of(error: OSError) -> str:
    """The error's name as the manual pages write it (EPERM)."""
    return errno.errorcode.get(error.errno or 0, type(error).__name__)


def first_allowed(acts: list[Callable[[], Answer]], nothing: str) -> Answer:
    """Try each; the first that worked is the answer, else the most telling refusal. `nothing`: there was none to try.

    Unknown outranks denied, so that one try that could not be made never hides behind another's refusal.
    """
    answers = [tried(act) for act in acts]
    for outcome in ("allowed", "unknown"):
        for answer in answers:
            if answer.outcome == outcome:
                return answer
    # "no such file" tells least: a refusal of something that is there comes first
    answers.sort(key=lambda answer: answer.errno in {"ENOENT", "ENOTDIR"})
    if not answers:
        return denied(nothing)
    more = f" (and {len(answers) - 1} more)" if len(answers) > 1 else ""
    return Answer("denied", answers[0].evidence + more, answers[0].errno)


def tried(act: Callable[[], Answer]) -> Answer:
    """`act`'s answer, or what an error from the kernel means."""
    try:
        return act()
    except OSError as error:
        return met(error)
