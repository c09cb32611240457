"""Variables in a compose file (compose-spec, interpolation): ${NAME}, ${NAME:-default}, ${NAME:+word}, $$ for a dollar."""

import re
from collections.abc import Mapping
from typing import Any

from catalyst.audit.subjects.documents import Map, Seq


class Unset(str):
    """A text with a variable in it that has no value here."""

    __slots__ = ()


def of_file(data: bytes | None) -> dict[str, str]:
    """The variables of a .env file."""
    lines = (data or b"").decode("utf-8", "replace").splitlines()
    found = (line.strip().removeprefix("export ").partition("=") for line in lines if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip("'\"") for name, mark, value in found if mark}


_VARIABLE = re.compile(r"\$\$|\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+?])([^{}]*))?\})")


def _one(text: str, variables: Mapping[str, str]) -> str:
    missing = []

    def one(found: "re.Match[str]") -> str:
        name, how, word = found[1] or found[2], found[3] or "", found[4] or ""
        if name is None:
            return "$"
        if how.endswith("-"):
            return variables.get(name) or word
        if how.endswith("+"):
            return word if variables.get(name) else ""
        if name not in variables:
            missing.append(name)
        return variables.get(name, found[0])

    result = _VARIABLE.sub(one, text)
    return Unset(result) if missing else result


def put_in(tree: Any, variables: Mapping[str, str]) -> None:
    """Put their values into every text of a tree, in place; a text with one that has none becomes Unset."""
    waiting, seen = [tree], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        for key in list(one) if isinstance(one, Map) else range(len(one)):
            value = one[key]
            if isinstance(value, Map | Seq):
                waiting.append(value)
            elif isinstance(value, str) and "$" in value:
                one[key] = _one(value, variables)
