"""Mend what can be mended with certainty, one finding after the other. Pure but for what `read` looks at.

A change stays only where the file, read and checked again, has fewer places of that finding and nothing else that is
worse than before. So the end is the same whoever wrote the plan: what was not mended is left as it was, and named.
"""

import contextlib
import re
from collections.abc import Callable, Collection

from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.mend import compose, dockerfile, kubernetes, layout
from catalyst.audit.mend.nodes import NotMended
from catalyst.audit.model import At, Broken, Unknown
from catalyst.audit.run import Subject, run
from catalyst.audit.subjects import documents
from catalyst.guard.record import Record, replace

LARGEST, MOST_WORK = 256 << 10, 8 << 20  # bytes of a file; its bytes times its findings, about a minute
LONGEST, ROUNDS, MARK = 4000, 5, "\ufeff"
KINDS = ("dockerfile", "compose", "kubernetes")
UNCERTAIN = "what to write instead depends on what it is for"
_VALUE = re.compile(r"""(?<!\w)([A-Za-z_]\w*+)["']?\s*+[:=]\s*+(?=(\S{1,400}))""")
_NAME = re.compile(r"[\w./+@~][\w./+@~-]*")  # no line end, no space: patch would take the rest for something else
Key = tuple[str, str]  # a check's id and the part of the subject
Read = Callable[[bytes], Subject]


class Left(Record):
    """A finding that was not mended: which, where, and why not."""

    id: str
    part: str
    at: At
    why: str


class Mended(Record):
    """A file of one of KINDS before and after, what was mended, and what was not."""

    kind: str
    name: str
    before: bytes
    after: bytes
    done: tuple[Key, ...]
    left: tuple[Left, ...]


def mended(name: str, data: bytes, read: Read, wanted: Collection[Key]) -> Mended:
    """`data` with as much of `wanted` mended as can be. `read` makes a subject of a kind of KINDS out of bytes."""
    work = _Work(name, data, read)
    todo = [key for key in work.findings if key in wanted]
    why: dict[Key, str] = {}
    work.together(todo)
    for _ in range(ROUNDS):
        before = work.text
        for key in todo:
            if key in work.findings:
                why[key] = work.attempt(key)
        if work.text == before:
            break
    left = [Left(*key, place, why[key] or UNCERTAIN) for key in todo for place in work.findings.get(key, ())]
    done = tuple(key for key in todo if key not in work.findings)
    return Mended(work.kind, name, data, work.data(), done, tuple(left))


class _Work:
    def __init__(self, name: str, data: bytes, read: Read) -> None:
        self.name, self._read = name, read
        decoded = data.decode("utf-8")
        self._mark = MARK if decoded.startswith(MARK) else ""
        self.text = decoded.removeprefix(MARK)
        subject = read(data)
        self.kind = subject.kind
        self.findings, self._unknown = _state(subject)
        self._large = len(data) > LARGEST or len(data) * len(self.findings) > MOST_WORK

    def data(self, text: str | None = None) -> bytes:
        """The file's bytes."""
        return (self._mark + (self.text if text is None else text)).encode()

    def attempt(self, key: Key) -> str:
        """Mend what one check found in one part; "" where that went well, else why not."""
        if self._large:
            return f"the file has more than {LARGEST >> 10} KiB, or too many findings for its length"
        try:
            while key in self.findings and self._step(self._changed(self.text, key), [key]):
                pass
        except NotMended as error:
            return str(error)
        return ""

    def together(self, keys: list[Key]) -> None:
        """All of them with one look at the end, where that goes well; else the text stays, and each is tried alone."""
        text, changed = self.text, []
        for key in () if self._large else keys:
            with contextlib.suppress(NotMended):
                new = self._changed(text, key)
                changed += [key] if new != text else []
                text = new
        with contextlib.suppress(NotMended):
            self._step(text, changed)

    def _changed(self, text: str, key: Key) -> str:
        """The text with all changes that one check's plan wants in one part. Raises NotMended."""
        identity, part = key
        if self.kind == "dockerfile":
            plan = dockerfile.PLANS.get(identity)
            return dockerfile.apply(text, plan, self.name) if plan else text
        module = compose if self.kind == "compose" else kubernetes
        if identity in module.PLANS:
            for found, path in module.places(documents.parse(text, self.name), part):
                for change in module.PLANS[identity](found, path):
                    text = layout.apply(text, change, self.name)
        return text

    def _step(self, text: str, keys: list[Key]) -> bool:
        """Take over a text that is better, for each of the keys; was it? Raises NotMended where something else is worse."""
        if text == self.text:
            return False
        findings, unknown = _state(self._read(self.data(text)))
        worse = [one for one in findings if len(findings[one]) > len(self.findings.get(one, ()))]
        if worse or unknown - self._unknown:
            other = sorted({one[0] for one in worse} | {one[0] for one in unknown - self._unknown})
            raise NotMended(f"what would be written instead breaks {', '.join(other)}")
        if any(len(findings.get(key, ())) >= len(self.findings[key]) for key in keys):
            return False
        self.text, self.findings, self._unknown = text, findings, unknown
        return True


def _state(subject: Subject) -> tuple[dict[Key, tuple[At, ...]], set[Key]]:
    """Every finding's places, and what is unknown in the file itself: other files' share does not change."""
    facts = tuple(replace(one, partial="") if isinstance(one, Container) else one for one in subject.facts)
    findings: dict[Key, tuple[At, ...]] = {}
    unknown: set[Key] = set()
    for row in run([replace(subject, facts=facts)]):
        key = row.check.id, row.part
        if isinstance(row.outcome, Broken):
            findings[key] = (*findings.get(key, ()), *row.outcome.at)
        elif isinstance(row.outcome, Unknown):
            unknown.add(key)
    return findings, unknown


def difference(one: Mended) -> str:
    """A unified diff, as `patch -p0` takes it, with the file's own line ends; empty where every form of it would show a
    secret, or where its name could be taken for another one."""
    import difflib

    if not _NAME.fullmatch(one.name):
        return ""
    old, new = (_lines(data.decode("utf-8")) for data in (one.before, one.after))
    for context in (3, 0):
        found = list(difflib.unified_diff(old, new, one.name, one.name, n=context))
        if not any(map(_secret, found)):
            return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in found)
    return ""


def _secret(line: str) -> bool:
    """May the line hold one? One that is too long to be looked at may."""
    return len(line) > LONGEST or bool(look.token_in(line)) or any(
        look.secret_in(found[1], found[2]) for found in _VALUE.finditer(line))  # fmt: skip


def _lines(text: str) -> list[str]:
    """Lines as `patch` counts them: only a line feed ends one."""
    *whole, rest = text.split("\n")
    return [f"{line}\n" for line in whole] + ([rest] if rest else [])
