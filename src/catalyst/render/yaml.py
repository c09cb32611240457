"""YAML for files that people read and change: maps, lists, text, whole numbers, booleans, nothing else (yaml.org/spec).

Text that could be taken for anything else is quoted, and all of it that is not plain ASCII escaped.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

Node: TypeAlias = "str | int | bool | Mapping[str, Node] | Sequence[Node]"
# No indicator at its start, no `: ` or ` #` in it, and no word that YAML 1.1 reads as a boolean, null, a number or a date.
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./@=+-]*(:[A-Za-z0-9_./@=+-]+)*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def dump(node: Node) -> str:
    """The document, with a line end after its last line."""
    return "\n".join(_lines(node)) + "\n"


def _lines(node: Node) -> Iterator[str]:
    match node:
        case Mapping() | Sequence() if not node and not isinstance(node, str):
            yield "{}" if isinstance(node, Mapping) else "[]"
        case Mapping():
            for key, value in node.items():
                yield from _entry(f"{_text(key)}:", value)
        case str() | bool() | int():
            yield _scalar(node)
        case Sequence():
            for value in node:
                first, *rest = list(_lines(value))
                yield f"- {first}"
                yield from (f"  {line}" for line in rest)


def _entry(key: str, value: Node) -> Iterator[str]:
    if isinstance(value, str | bool | int):
        yield f"{key} {_scalar(value)}"
    elif not value:
        yield f"{key} {next(_lines(value))}"
    else:
        yield key
        yield from (f"  {line}" for line in _lines(value))


def _scalar(value: str | int | bool) -> str:
    return _text(value) if isinstance(value, str) else str(value).lower()


def _text(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else '"' + "".join(map(_escaped, text)) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if " " <= letter <= "~":
        return letter
    return f"\\u{ord(letter):04x}" if ord(letter) < 1 << 16 else f"\\U{ord(letter):08x}"
