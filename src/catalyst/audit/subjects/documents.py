"""YAML as it is written for compose and Kubernetes, with lines, and without what YAML lets a stranger do.

PyYAML's parser gives events; the tree is made here, without recursion. So depth, the number of values with aliases
followed (a "billion laughs"), repeated keys and unknown tags are all refused, and nothing is ever constructed.
"""

import re
from typing import Any

from catalyst.errors import SubjectUnreadable

MOST_BYTES, DEEPEST, MOST_VALUES, LONGEST_KEY = 4 << 20, 60, 200_000, 1024
TAGS = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "True": True,
                          "TRUE": True, "false": False, "False": False, "FALSE": False}  # fmt: skip


class Map(dict[str, Any]):
    """A mapping that knows the line it begins at and the line of each key."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class Seq(list[Any]):
    """A list that knows the line it begins at and the line of each item."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


def line_of(where: Any, key: Any = None) -> int:
    """The line of a key or an item, of the value itself without one; 0 where it has none."""
    if isinstance(where, Map):
        return where.lines.get(key, where.line)
    if isinstance(where, Seq):
        return where.lines[key] if isinstance(key, int) and key < len(where.lines) else where.line
    return 0


def truth(value: Any) -> bool | None:
    """A boolean as engines take it: go-yaml and compose still read YAML 1.1's yes and on. None where it is none."""
    if isinstance(value, str):
        word = value.lower()
        return True if word in {"true", "yes", "on", "y"} else False if word in {"false", "no", "off", "n"} else None
    return value if isinstance(value, bool) else None


def text_of(data: bytes, name: str) -> str:
    """UTF-8 text without a byte order mark. Raises SubjectUnreadable."""
    if len(data) > MOST_BYTES:
        raise SubjectUnreadable(name, 0, f"it has {len(data)} bytes; the limit is {MOST_BYTES}",
                                "name the file that is meant")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SubjectUnreadable(name, line, "not UTF-8 text", "save it as UTF-8") from error
    if "\0" in text:
        raise SubjectUnreadable(name, text.count("\n", 0, text.index("\0")) + 1, "a zero byte: this is no text")
    return text


def parse(text: str, name: str) -> list[Any]:
    """Every document in `text`. Raises SubjectUnreadable with the line."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    tree = _Tree(name)
    try:
        for event in yaml.parse(text, Loader=loader):
            tree.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "not YAML"
        raise SubjectUnreadable(name, mark.line + 1 if mark else 1, f"not YAML: {problem}", _hint(text)) from error
    except yaml.YAMLError as error:  # of the reader: a character that YAML does not allow
        position = getattr(error, "position", 0)
        raise SubjectUnreadable(name, text.count("\n", 0, position) + 1, "not YAML: a control character") from error
    return tree.documents


def _hint(text: str) -> str:
    if "{{" in text:
        return "it is a template; render it first: helm template . | catalyst audit -"
    return ""


class _Open:
    """A mapping or a list that is being filled. `weight` counts its values with aliases followed."""

    def __init__(self, value: Any, anchor: str | None, key: Any = None) -> None:
        self.value, self.anchor, self.key, self.waiting, self.weight = value, anchor, key, False, 1


class _Tree:
    def __init__(self, name: str) -> None:
        self.name, self.documents = name, list[Any]()
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._values = 0

    def take(self, event: Any) -> None:
        """One event of the parser."""
        line = event.start_mark.line + 1
        match type(event).__name__:
            case "DocumentStartEvent":
                self._anchors = {}
            case "MappingStartEvent":
                self._tagged(event.tag, line, {"map"})
                self._begin(Map(line), event.anchor, line)
            case "SequenceStartEvent":
                self._tagged(event.tag, line, {"seq"})
                self._begin(Seq(line), event.anchor, line)
            case "MappingEndEvent" | "SequenceEndEvent":
                done = self._stack.pop()
                if isinstance(done.value, Map):
                    self._merge(done.value, line)
                self._add(done.value, done.anchor, done.weight, done.value.line)
            case "ScalarEvent":
                self._add(self._scalar(event, line), event.anchor, 1, line)
            case "AliasEvent":
                if event.anchor not in self._anchors:
                    raise self._refused(line, f"the alias *{event.anchor} leads nowhere, or into itself")
                value, weight = self._anchors[event.anchor]
                self._add(value, None, weight, line)
            case _:
                pass  # the stream's begin and end, a document's end

    def _begin(self, value: Any, anchor: str | None, line: int) -> None:
        if len(self._stack) >= DEEPEST:
            raise self._refused(line, f"more than {DEEPEST} levels deep")
        if anchor:
            self._anchors.pop(anchor, None)  # while it is being filled it cannot be named
        self._stack.append(_Open(value, anchor))

    def _add(self, value: Any, anchor: str | None, weight: int, line: int) -> None:
        if anchor:
            self._anchors[anchor] = (value, weight)
        self._values += weight
        if self._values > MOST_VALUES:
            raise self._refused(line, f"more than {MOST_VALUES} values, aliases followed")
        if not self._stack:
            self.documents.append(value)
            return
        top = self._stack[-1]
        top.weight += weight
        if isinstance(top.value, Seq):
            top.value.append(value)
            top.value.lines.append(line)
        elif not top.waiting:
            top.key, top.waiting = self._key(top.value, value, line), True
        else:
            top.value[top.key], top.waiting = value, False

    def _key(self, inside: Map, value: Any, line: int) -> str:
        if isinstance(value, Map | Seq):
            raise self._refused(line, "a key that is no plain word")
        key = value if isinstance(value, str) else "null" if value is None else str(value).lower()
        if len(key) > LONGEST_KEY:
            raise self._refused(line, "a key of more than 1024 characters")
        if key in inside.lines:
            raise self._refused(line, f"the key {key[:80]} is here twice, first in line {inside.lines[key]}")
        inside.lines[key] = line
        return key

    def _merge(self, value: Map, line: int) -> None:
        """`<<` brings in the keys of other mappings; its own win (yaml.org/type/merge.html)."""
        if "<<" not in value:
            return
        given = value.pop("<<")
        value.lines.pop("<<")
        for other in given if isinstance(given, Seq) else [given]:
            if not isinstance(other, Map):
                raise self._refused(line, "<< needs a mapping")
            for key in other:
                if key not in value:
                    value[key], value.lines[key] = other[key], other.lines.get(key, other.line)

    def _scalar(self, event: Any, line: int) -> Any:
        text = event.value
        if event.tag in {f"{TAGS}str", f"{TAGS}binary", "!"}:
            return text
        self._tagged(event.tag, line, {"null", "bool", "int", "float", "timestamp"})
        if event.tag == "!reset":
            return None
        if event.style:  # quoted, or a block; plain is None or "", as the parser likes
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text) and len(text) < 30:
            return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
        return float(text) if _FLOAT.fullmatch(text) and len(text) < 30 else text

    def _tagged(self, tag: str | None, line: int, fine: set[str]) -> None:
        """Compose's !reset and !override are known; any other tag would make something that we do not see."""
        if tag in {None, "!reset", "!override"} or str(tag).removeprefix(TAGS) in fine:
            return
        raise self._refused(line, f"the tag {str(tag)[:80]} is not known")

    def _refused(self, line: int, why: str) -> SubjectUnreadable:
        return SubjectUnreadable(self.name, line, why)
