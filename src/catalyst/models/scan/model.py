"""One file, by its content: find what it is, go into what it holds, say what was found or that it cannot be judged."""

import os
from typing import IO, Any

from catalyst.errors import plain
from catalyst.models.scan import archives, content, formats, pickles
from catalyst.models.scan.archives import Ahead, Budget
from catalyst.models.scan.finding import Examined, Finding, NotJudged
from catalyst.models.scan.reader import Reader

MAX_DEPTH = 6
MAX_KEPT = 512 << 20  # bytes of an archive inside a compressed stream, which has to be held to be read
STREAMS = frozenset(archives.STREAMS)
MAY_BE_PICKLES = frozenset({"code", "other", "zip", "npy", "gzip", "tar", "bzip2", "xz"})  # by their names
PLAIN = frozenset({"other", "python", "media", "text"})  # names of files that no loader takes for a model


class Scan:
    """The scan of one file; `findings` and `unjudged` fill as it goes."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.findings: list[Finding] = []
        self.unjudged: list[str] = []
        self.budget = Budget()

    def file(self, opened: IO[bytes]) -> Examined:
        """Everything about one open file."""
        size = os.fstat(opened.fileno()).st_size
        head = opened.read(content.HEAD)
        opened.seek(0)
        kind = content.kind(head)
        try:
            self._content(opened, kind, size, self.path, "", 0)
            if kind not in {"pickle", "unknown"}:  # a pickle needs no first bytes of its own: a file can be two things
                opened.seek(0)
                self._pickle(Reader(opened), certain=False, expected="media", inside="")
            if kind != "zip" and archives.is_zip(opened):  # zip readers look at the end, whatever is in front
                self._say("archive-inconsistent", f"{kind} in front, zip at the end", "")
                self._archive(archives.zip_members(opened, self.budget), "", 0)
        except NotJudged as error:
            self.unjudged.append(str(error))
        return Examined(self.path, kind, size, "; ".join(dict.fromkeys(self.unjudged)))

    def _content(self, source: Any, kind: str, size: int, name: str, inside: str, depth: int) -> None:
        expected = content.named(name)
        if depth > MAX_DEPTH:
            raise NotJudged(f"more than {MAX_DEPTH} archives in one another")
        self._disguise(kind, expected, inside)
        if kind == "pickle":
            self._pickle(Reader(source), certain=True, expected=expected, inside=inside)
        elif kind in {"safetensors", "gguf", "npy"}:
            self._header(source, kind, size, expected, inside)
        elif kind == "zip":
            self._archive(archives.zip_members(self._held(source), self.budget), inside, depth)
        elif kind == "tar":
            self._archive(archives.tar_members(source), inside, depth)
        elif kind in STREAMS:
            self._stream(source, kind, name, inside, depth)
        elif kind in {"7z", "rar"}:
            self._say("archive-closed", kind, inside)
        elif kind in content.UNREAD or expected in content.UNREAD:
            self._unread(source, kind if kind in content.UNREAD else expected, inside)
        elif kind == "unknown":
            self._unknown(source, expected, inside)

    def _disguise(self, kind: str, expected: str, inside: str) -> None:
        if kind == "program" and expected != "program":
            self._say("disguised-program", "an executable by its first bytes", inside)
        elif expected in {"safetensors", "gguf"} and kind not in {expected, "pickle", "program"}:
            self._say("wrong-content", f"it is {kind}", inside)

    def _pickle(self, reader: Reader, *, certain: bool, expected: str, inside: str) -> bool:
        """Is it a pickle, from the first byte to the last? `certain`: its first bytes say so. Else what is found counts
        only if something imported would be called, or its name is a model's.
        """
        walk = pickles.Walk(reader)
        broken = ""
        try:
            pickles.to_the_end(walk)
        except pickles.Malformed as error:
            broken = str(error)
        except NotJudged as error:
            self.unjudged.append(str(error))
        model = expected == "code"
        if not certain and not model and not (walk.called and walk.found):
            return not broken
        for one in walk.found:
            self._say(one.rule, f"{one.evidence} (byte {one.offset})", inside)
        if expected not in MAY_BE_PICKLES:
            self._say("disguised-pickle", f"a pickle, named as {expected}", inside)
        if broken and (walk.imported or (model and certain)):
            self._say("pickle-malformed", broken, inside)
        return not broken

    def _header(self, source: Any, kind: str, size: int, expected: str, inside: str) -> None:
        reader = Reader(source)
        try:
            if kind == "safetensors":
                formats.safetensors(reader, size)
            elif kind == "gguf":
                formats.gguf(reader, size)
            elif formats.npy(reader):
                self._pickle(reader, certain=True, expected="code", inside=inside)
        except formats.Broken as error:
            rule = {"safetensors": "safetensors-malformed", "gguf": "gguf-malformed"}.get(kind, "wrong-content")
            if kind != "safetensors" or expected in {"safetensors", "code"}:  # else eight bytes and a brace, by chance
                self._say(rule, str(error), inside)

    def _archive(self, members: Any, inside: str, depth: int) -> None:
        for member in members:
            where = f"{inside}!{plain(member.name, 200)}" if inside else plain(member.name, 200)
            if member.outside:
                self._say("archive-traversal", plain(member.name, 120), where)
            if member.wrong:
                self._say("archive-inconsistent", member.wrong, where)
            self._member(member.source, member.size, member.name, where, depth + 1)

    def _member(self, source: Any, size: int, name: str, where: str, depth: int) -> None:
        if not isinstance(source, Ahead) and not source.seekable():
            source = Ahead(source)
        head = source.read(content.HEAD)
        source.seek(0)
        if name.rpartition("/")[2] == "config.json" and b"Lambda" in self._some(source):
            self._say("keras-lambda", "config.json names a Lambda layer", where)
        try:
            self._content(source, content.kind(head), size, name, where, depth)
        except NotJudged as error:
            self.unjudged.append(f"{where}: {error}")

    def _some(self, source: Any) -> bytes:
        data: bytes = source.read(1 << 20)
        source.seek(0)
        return data

    def _stream(self, source: Any, kind: str, name: str, inside: str, depth: int) -> None:
        unpacked = archives.unpack(source, kind, self.budget)
        try:
            head = unpacked.read(content.HEAD)
        except NotJudged:
            if content.named(name) in PLAIN:  # a tensor's bytes that look like a stream, by chance
                return
            raise
        unpacked.seek(0)
        inner = content.kind(head)
        where = f"{inside}!({kind})" if inside else f"({kind})"
        stem = name[: -len(content.suffix(name))] if content.named(name) in {"gzip", "bzip2", "xz"} else name
        if kind in {"zlib", "lzma"} and inner == "unknown" and content.named(name) in PLAIN:
            return  # two or three bytes that look like a stream, by chance
        self._content(unpacked, inner, 0, stem, where, depth + 1)

    def _held(self, source: Any) -> IO[bytes]:
        """A zip needs its end first: what cannot be sought is held in memory."""
        if isinstance(source, Ahead):
            return source.whole(MAX_KEPT)
        held: IO[bytes] = source
        return held

    def _unread(self, source: Any, kind: str, inside: str) -> None:
        if kind == "hdf5" and b"Lambda" in source.read(8 << 20):
            self._say("keras-lambda", "the text Lambda in an HDF5 file", inside)
        self.unjudged.append(content.UNREAD[kind])

    def _unknown(self, source: Any, expected: str, inside: str) -> None:
        """Protocol 0 has no first bytes of its own: whatever parses as a pickle and would call something is one."""
        whole = self._pickle(Reader(source), certain=False, expected=expected, inside=inside)
        found = any(one.inside == inside for one in self.findings)
        if expected in {"npy", "zip", "tar", "7z", "rar"} and not found:
            self._say("wrong-content", f"its content is unknown, and its name says {expected}", inside)
        elif expected == "code" and not whole and not found:
            self.unjudged.append("a model by its name, of no format that is known here")

    def _say(self, rule: str, evidence: str, inside: str) -> None:
        if len(self.findings) < 1000:
            self.findings.append(Finding(rule, self.path, evidence, inside))


def scan(path: str) -> tuple[Examined, list[Finding]]:
    """Scan one file. Raises OSError when it cannot be opened, MemoryError at the limit."""
    one = Scan(path)
    with open(path, "rb") as opened:  # noqa: PTH123  # Path.open costs an import in a child that starts often
        try:
            examined = one.file(opened)
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as error:  # a hostile file may break any parser; then nothing is said of it but that
            examined = Examined(path, "unknown", 0, f"the scanner failed on it: {type(error).__name__}")
    return examined, one.findings
