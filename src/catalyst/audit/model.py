"""What a check is and what it answers. Pure: no disk, no clock, no host.

A check that meets a fact nobody could read is *unknown*, by itself: `known` raises, the runner catches. So no check can
take a missing fact for a good one.
"""

from collections.abc import Callable, Iterable, Mapping
from string import ascii_lowercase, ascii_uppercase
from typing import Any, TypeVar

from catalyst.guard.record import Record
from catalyst.severity import Severity

T = TypeVar("T")

# What a check protects where it is none of the policy's controls.
TOPICS = ("supply-chain", "secrets", "exposure", "image", "availability", "comfyui", "kubernetes", "host", "audit")

# What the examples of checks show as secrets. Put together when it is used: written out, in source or bytecode, it would
# alarm whoever scans the image that this code ships in, our own audit among them.
TOKEN, CLOUD_KEY, KIND = f"hf_{ascii_lowercase}ABCDEF", f"AKIA{ascii_uppercase[:16]}", "OPENSSH"
PRIVATE_KEY, LOGIN = f"-----BEGIN {KIND} PRIVATE KEY-----", "me:hunter22@example.org"


class At(Record):
    """One place that is not as it should be. `line` counts from 1; 0 where the subject has no lines."""

    evidence: str
    line: int = 0


class Held(Record):
    """As it should be; `evidence` is what was seen."""

    evidence: str


class Broken(Record):
    """Not as it should be, at each of these places."""

    at: tuple[At, ...]


class Unknown(Record):
    """It cannot be said: `why`. Never counts as held."""

    why: str


class NotApplicable(Record):
    """The subject has nothing of the kind, or nothing here can do it. Listed apart, never counts as held."""

    why: str


Outcome = Held | Broken | Unknown | NotApplicable


class NotKnown(Exception):
    """A check asked for a fact that could not be read."""


def known(value: T | None, what: str) -> T:
    """The value. Raises NotKnown with `what` is missing."""
    if value is None:
        raise NotKnown(what)
    return value


def judge(places: Iterable[At], fine: str) -> Outcome:
    """Broken where there is a place, else held with the evidence `fine`."""
    found = tuple(places)
    return Broken(found) if found else Held(fine)


def broken(evidence: str, line: int = 0) -> Broken:
    """Broken in one place."""
    return Broken((At(evidence, line),))


class Check(Record):
    """One check, one file of `checks/`.

    `control` is a control of the policy or one of TOPICS. `fix` says for a kind of subject the exact line or flag; the
    key
    "" stands for every other kind. `references` are ids in other people's lists. `about` is the type of facts it looks
    at,
    `kinds` the kinds of subject, none for all that have such facts. `good` and `bad` are texts of the kind `language`
    (audit/examples.py): documentation and tests at once.
    """

    id: str
    control: str
    severity: Severity
    title: str
    why: str
    fix: Mapping[str, str]
    references: tuple[str, ...]
    about: type[Any]
    language: str
    good: tuple[str, ...]
    bad: tuple[str, ...]
    test: Callable[[Any], Outcome]
    kinds: tuple[str, ...] = ()

    def remedy(self, kind: str) -> str:
        """What to write in a subject of that kind."""
        return self.fix.get("docker" if kind == "podman" else kind) or self.fix.get("") or next(iter(self.fix.values()))
