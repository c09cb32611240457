"""YAML for files that people read and change: maps, lists, text, whole numbers, booleans, nothing else (yaml.org/spec).

Text that could be taken for anything else is written as JSON writes it, which YAML reads the same way.
"""

import json
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
        yield f"{key} {'{}' if isinstance(value, Mapping) else '[]'}"
    else:
        yield key
        yield from (f"  {line}" for line in _lines(value))


def _scalar(value: str | int | bool) -> str:
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=True)
