"""A pickle, read opcode by opcode and never loaded (pickletools.py documents each one).

What it would import is followed on a stack of its own: only constants are known, so a name that is computed is a finding
by itself. Large payloads are skipped, not read. Everything unforeseen ends in a finding or in NotJudged.
"""

import pickletools
from typing import Final

from catalyst.errors import plain
from catalyst.guard.record import Record
from catalyst.models.scan.allowed import judge
from catalyst.models.scan.finding import NotJudged
from catalyst.models.scan.reader import Ended, Reader

MAX_OPCODES = 4_000_000  # of one file; some seconds
MAX_STACK = 4_000_000
MAX_NAME = 1024  # longer texts are no names
MAX_LINE = 1 << 20
MAX_PICKLES = 1000
TORCH_MAGIC = 0x1950A86A20F9469CFC6C  # torch/serialization.py, _legacy_save: five pickles, then raw storages
TORCH_PICKLES = 5
WIDTH = {  # bytes that say how long an argument is
    pickletools.TAKEN_FROM_ARGUMENT1: 1, pickletools.TAKEN_FROM_ARGUMENT4: 4, pickletools.TAKEN_FROM_ARGUMENT4U: 4,
    pickletools.TAKEN_FROM_ARGUMENT8U: 8,
}  # fmt: skip
CALLS = frozenset({"REDUCE", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "BUILD"})
STRINGS = frozenset({"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING"})


class Mark:
    """What lies on the stack and is no text: MARK, a name that was imported, or anything else."""


MARK, IMPORTED, OTHER = Mark(), Mark(), Mark()
Value = str | Mark


class Named(Record):
    """A rule that a pickle breaks, and what shows it; `offset` is the opcode's, in bytes."""

    rule: str
    evidence: str
    offset: int


class Shape(Record):
    """An opcode: how its argument is written (pickletools.ArgumentDescriptor.n), what it pops and pushes."""

    name: str
    argument: int
    to_mark: bool
    pops: int
    pushes: int


def _shapes() -> dict[int, Shape]:
    table = {}
    for op in pickletools.opcodes:
        before = op.stack_before
        to_mark = pickletools.markobject in before
        pops = before.index(pickletools.markobject) if to_mark else len(before)
        argument = op.arg.n if op.arg else 0
        table[ord(op.code)] = Shape(op.name, argument, to_mark, pops, len(op.stack_after))
    return table


SHAPES: Final = _shapes()


class Malformed(Exception):
    """The bytes are no pickle from here on."""


class Walk:
    """One file's pickles. `found` fills as it goes; `called` says that something imported would also be called."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.found: list[Named] = []
        self.opcodes = 0
        self.called = False
        self.imported = False
        self.first_number: int | None = None
        self._reset()

    def _reset(self) -> None:
        self.stack: list[Value] = []
        self.memo: dict[int, Value] = {}
        self.memos = 0
        self.numbered = False

    def one(self) -> None:
        """Walk to STOP. Raises Malformed."""
        self._reset()
        reader, shapes = self.reader, SHAPES
        while True:
            at = reader.tell()
            shape = shapes.get(reader.byte())
            if shape is None:
                raise Malformed(f"no opcode at byte {at}, and no STOP before it")
            self.opcodes += 1
            if self.opcodes > MAX_OPCODES:
                raise NotJudged(f"more than {MAX_OPCODES} opcodes")
            if shape.name == "STOP":
                return
            try:
                self._step(shape, _argument(reader, shape), at)
            except Ended:
                raise Malformed(f"it ends inside {shape.name} at byte {at}") from None

    def _step(self, shape: Shape, argument: bytes | None, at: int) -> None:
        name = shape.name
        if name in STRINGS:
            self.stack.append(_text(name, argument))
        elif name == "MARK":
            self.stack.append(MARK)
        elif name in {"GLOBAL", "INST"}:
            self._named(*_lines(argument), at)
            self._pop(shape)
            self._called(name)
            self.stack.append(IMPORTED if name == "GLOBAL" else OTHER)
        elif name == "STACK_GLOBAL":
            last, first = self._top(), self._top()
            self._stacked(first, last, at)
            self.stack.append(IMPORTED)
        elif not self._memo(name, argument, at):
            self._other(shape, argument, at)
        if len(self.stack) > MAX_STACK:
            raise NotJudged(f"more than {MAX_STACK} things on its stack")

    def _other(self, shape: Shape, argument: bytes | None, at: int) -> None:
        name = shape.name
        if name in {"EXT1", "EXT2", "EXT4"}:
            self._say("pickle-extension", f"{name} {int.from_bytes(argument or b'', 'little')}", at)
        if name in {"LONG1", "LONG4"} and self.first_number is None:
            self.first_number = int.from_bytes(argument or b"", "little")
        if name == "DUP":
            self.stack.append(self._top())
            self.stack.append(self.stack[-1])
            return
        if name == "BUILD" and len(self.stack) > 1 and self.stack[-2] is IMPORTED:
            self._say("pickle-changes-code", "BUILD on a name that was imported", at)
        kept = self.stack[-2] if name == "BUILD" and len(self.stack) > 1 else OTHER
        self._pop(shape)
        self._called(name)
        self.stack += [kept] * shape.pushes

    def _called(self, name: str) -> None:
        self.called |= name in CALLS and self.imported

    def _memo(self, name: str, argument: bytes | None, at: int) -> bool:
        if name in {"PUT", "BINPUT", "LONG_BINPUT"}:
            self.numbered = True
            self._remember(_index(name, argument))
        elif name == "MEMOIZE":
            if self.numbered:
                self._say("pickle-hidden-name", "MEMOIZE after PUT: which entry it makes differs between loaders", at)
            self._remember(self.memos)
            self.memos += 1
        elif name in {"GET", "BINGET", "LONG_BINGET"}:
            self.stack.append(self.memo.get(_index(name, argument), OTHER))
        else:
            return False
        return True

    def _remember(self, index: int) -> None:
        """Only what matters later is kept: a memo of a million tensors costs nothing."""
        top = self.stack[-1] if self.stack else OTHER
        if top is OTHER:
            self.memo.pop(index, None)
        else:
            self.memo[index] = top

    def _pop(self, shape: Shape) -> None:
        if shape.to_mark:
            while self._top() is not MARK:
                pass
        for _ in range(shape.pops):
            self._top()

    def _top(self) -> Value:
        if not self.stack:
            raise Malformed(f"nothing is left on its stack before byte {self.reader.tell()}")
        return self.stack.pop()

    def _stacked(self, first: Value, last: Value, at: int) -> None:
        if isinstance(first, str) and isinstance(last, str):
            self._named(first, last, at)
        else:
            self.imported = True
            self._say("pickle-hidden-name", "STACK_GLOBAL with a name that is no constant", at)

    def _named(self, module: str, name: str, at: int) -> None:
        self.imported = True
        rule = judge(f"{module}.{name}")
        if rule:
            self._say(rule, plain(f"{module}.{name}", 120), at)

    def _say(self, rule: str, evidence: str, at: int) -> None:
        if len(self.found) < 100 and not any(one.rule == rule and one.evidence == evidence for one in self.found):
            self.found.append(Named(rule, evidence, at))


def _argument(reader: Reader, shape: Shape) -> bytes | None:
    """The argument's bytes; None when it was too long to be a name and was skipped."""
    kind = shape.argument
    if kind >= 0:
        return reader.exactly(kind) if kind else b""
    if kind == pickletools.UP_TO_NEWLINE:
        line = reader.line(MAX_LINE)
        return line + b"\n" + reader.line(MAX_LINE) if shape.name in {"GLOBAL", "INST"} else line
    length = int.from_bytes(reader.exactly(WIDTH[kind]), "little", signed=kind == pickletools.TAKEN_FROM_ARGUMENT4)
    if length < 0:
        raise Malformed("a negative length")
    if length <= MAX_NAME:
        return reader.exactly(length)
    reader.skip(length)
    return None


def _lines(argument: bytes | None) -> tuple[str, str]:
    """GLOBAL's and INST's two lines."""
    first, _, second = (argument or b"").partition(b"\n")
    return first.decode("utf-8", "replace"), second.decode("utf-8", "replace")


def _text(name: str, argument: bytes | None) -> Value:
    if argument is None:
        return OTHER
    if name == "STRING":  # quoted, perhaps with escapes: a text with a backslash is not taken for a constant
        inner = argument.strip()[1:-1]
        return OTHER if b"\\" in inner else inner.decode("latin-1")
    if name == "UNICODE":
        return OTHER if b"\\" in argument else argument.decode("latin-1")
    try:
        return argument.decode("utf-8")
    except UnicodeDecodeError:
        return OTHER


def _index(name: str, argument: bytes | None) -> int:
    if name in {"PUT", "GET"}:
        try:
            return int(argument or b"")
        except ValueError:
            raise Malformed("a memo index that is no number") from None
    return int.from_bytes(argument or b"", "little")


def to_the_end(walk: Walk) -> None:
    """Walk every pickle that follows. Raises Malformed and NotJudged; what was found until then is in `walk`."""
    for count in range(MAX_PICKLES):
        try:
            walk.one()
        except Malformed:
            if walk.first_number == TORCH_MAGIC and count == TORCH_PICKLES:
                return  # the storages, as they should be
            raise
        if not walk.reader.peek(1):
            return
    raise NotJudged(f"more than {MAX_PICKLES} pickles in one file")
