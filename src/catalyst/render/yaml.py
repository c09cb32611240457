"""Documents as YAML 1.2 text that YAML 1.1 reads the same way: block style, every doubtful string in quotes.

Twenty lines beat a dependency here: nothing is read, and what is written is mappings, lists, strings, numbers, booleans.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

Value = Mapping[str, "Value"] | Sequence["Value"] | str | int | bool

# Quoted is always right (a JSON string is YAML). Bare only what no reader takes for anything else: no digit, sign or dot in
# front, nothing that ends in a colon, and none of YAML 1.1's words.
BARE = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*(:[A-Za-z0-9_./-]+)*")
WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})


def dump(documents: Iterable[Mapping[str, Value]]) -> str:
    """A stream of documents."""
    return "---\n".join("".join(f"{line}\n" for line in _mapping(one)) for one in documents)


def _mapping(value: Mapping[str, Value]) -> Iterable[str]:
    for key, one in value.items():
        if isinstance(one, str | int) or not one:
            yield f"{_text(key)}: {_text(one)}"
        else:
            yield f"{_text(key)}:"
            yield from (f"  {line}" for line in _lines(one))


def _lines(value: Value) -> Iterable[str]:
    if isinstance(value, Mapping):
        yield from _mapping(value)
    elif isinstance(value, str | int):
        yield _text(value)
    else:
        for one in value:
            first, *rest = _lines(one) if not isinstance(one, str | int) and one else [_text(one)]
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)


def _text(value: Value) -> str:
    if isinstance(value, str) and BARE.fullmatch(value) and value.lower() not in WORDS:
        return value
    return json.dumps(value)
