"""One change of a YAML text: set a key or an item, add an item, take an item away. All else stays, to the letter.

Every change is made twice, in the text and in the tree that was read from it. Where the new text does not mean the new
tree, exactly, the change is refused: so no mistake about layout can reach a file.
"""

import copy
import json
import re
from typing import Any

from catalyst.audit.mend.nodes import Layout, Node, NotMended
from catalyst.audit.subjects import documents
from catalyst.errors import CatalystError
from catalyst.guard.record import Record

Path = tuple[str | int, ...]
_PLAIN = re.compile(r"[A-Za-z](?:[\w./=@-]|:(?=\S))*|\d+(?:ms|[smh])|\d+")
_WORDS = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"}


class Change(Record):
    """`what` is set, append or remove. `path` leads to the value that is set or removed, or to the list that grows."""

    what: str
    path: Path
    value: Any = None


def apply(text: str, change: Change, name: str) -> str:
    """The text with that change. Raises NotMended."""
    wanted = _in_tree(documents.parse(text, name), change)
    try:
        changed = _in_text(text, Layout(text), change)
        found = documents.parse(changed, name)
    except (CatalystError, IndexError, ValueError) as error:
        raise NotMended("its layout is not one that can be changed with certainty") from error
    if not _same(found, wanted):
        raise NotMended("its layout is not one that can be changed with certainty")
    return changed


def _same(one: Any, other: Any) -> bool:
    """Are two trees the same, with true no 1 and the order of keys left aside?"""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _in_tree(tree: list[Any], change: Change) -> list[Any]:
    changed = copy.deepcopy(tree)
    where: Any = changed
    *before, last = change.path
    for step in before:
        where = where[step]
    if change.what == "set":
        where[last] = change.value
    elif change.what == "append":
        where[last].append(change.value)
    else:
        del where[last]
    return changed


def _in_text(text: str, layout: Layout, change: Change) -> str:
    if change.what == "append":
        return _append(text, layout.at(change.path), change.value)
    parent, last = layout.at(change.path[:-1]), change.path[-1]
    if change.what == "remove":
        if len(parent.items) == 1:
            return _emptied(text, layout, change.path[:-1])
        return _remove(text, parent, int(last))
    if isinstance(last, int):
        return _replace(text, parent.items[last], change.value)
    if parent.kind != "map":
        raise NotMended("it is no mapping as it is written")
    found = parent.value(last)
    return _replace(text, found[1], change.value) if found else _insert(text, parent, last, change.value)


def _replace(text: str, node: Node, value: Any) -> str:
    written = text[node.start : node.end]
    if node.style in {"|", ">"} or "\n" in written or (node.kind in {"map", "seq"} and not node.flow):
        raise NotMended("it is written over several lines")
    if node.anchor and node.kind != "alias":
        raise NotMended(f"&{node.anchor} names it for another place")
    new = flow(value)
    if node.style == "'" and isinstance(value, str) and "'" not in value:
        new = f"'{value}'"
    elif node.style == '"' and isinstance(value, str):
        new = json.dumps(value)
    gap = " " if not written and not text[: node.start].endswith(" ") else ""
    return f"{text[: node.start]}{gap}{new}{text[node.end :]}"


def _insert(text: str, parent: Node, key: str, value: Any) -> str:
    """A new key at the end of a mapping."""
    if parent.flow:
        return _into_brackets(text, parent, f"{scalar(key)}: {flow(value)}")
    return _below(text, parent.last(), block(key, value, _column(text, parent.start)))


def _append(text: str, node: Node, value: Any) -> str:
    if node.kind != "seq":
        raise NotMended("it is no list as it is written")
    if node.flow:
        return _into_brackets(text, node, flow(value))
    dash = _dash(text, node.items[-1])
    return _below(text, node.last(), [f"{' ' * _column(text, dash)}- {flow(value)}"])


def _into_brackets(text: str, node: Node, new: str) -> str:
    at = node.items[-1].last() if node.items else text.index("[" if node.kind == "seq" else "{", node.start) + 1
    return f"{text[:at]}{', ' if node.items else ''}{new}{text[at:]}"


def _below(text: str, at: int, lines: list[str]) -> str:
    """Whole lines after the one that `at` stands in, with the line ends of that one."""
    end = at - 1 if at and text[at - 1] == "\n" else text.find("\n", at)
    before = text[: end + 1] if end >= 0 else text
    ending = "\r\n" if before.endswith("\r\n") or (end < 0 and "\r\n" in text) else "\n"
    new = ending.join(lines)
    return f"{before}{new}{ending}{text[end + 1 :]}" if end >= 0 else f"{text}{ending}{new}"


def _emptied(text: str, layout: Layout, path: Path) -> str:
    """A list whose only item goes becomes []."""
    node = layout.at(path)
    (item,) = node.items
    if node.flow:
        return f"{text[: item.start]}{text[item.last() :]}"
    holder = layout.at(path[:-1]).value(str(path[-1]))
    if holder is None:
        raise NotMended("it is the only item of a list in a list")
    colon = text.index(":", holder[0].end)
    if "#" in text[colon : item.start] or "\n" in text[item.start : item.last()]:
        raise NotMended("a comment stands in the list that would be empty")
    return f"{text[: colon + 1]} []{text[item.last() :]}"


def _remove(text: str, node: Node, at: int) -> str:
    item = node.items[at]
    if node.flow:
        start, end = ((item.start, node.items[at + 1].start) if at + 1 < len(node.items)
                      else (node.items[at - 1].last(), item.last()))
        if "#" in text[start:end].replace(text[item.start : item.end], ""):
            raise NotMended("a comment stands beside what would go")
        return text[:start] + text[end:]
    start = _line_start(text, _dash(text, item))
    last = item.last()
    newline = text.find("\n", last)
    end = newline + 1 if newline >= 0 else len(text)
    rest = text[last:end].strip()
    if "\n" in text[item.start : last] or not (rest == "" or rest.startswith("#")):
        raise NotMended("it is written over several lines")
    kept = f"{' ' * _column(text, _dash(text, item))}{text[last:end].lstrip(' ')}" if rest else ""
    return text[:start] + kept + text[end:]


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _column(text: str, at: int) -> int:
    return at - _line_start(text, at)


def _dash(text: str, item: Node) -> int:
    """Where the dash before an item is. Raises NotMended where more than that stands before it."""
    before = text[_line_start(text, item.start) : item.start]
    if not re.fullmatch(r" *- *", before):
        raise NotMended("its list is written in another form")
    return _line_start(text, item.start) + before.index("-")


def scalar(value: Any) -> str:
    """A word as YAML, quoted where another reader might take it for something else."""
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    plain = _PLAIN.fullmatch(value) and not value.isdigit() and value.lower() not in _WORDS
    return str(value) if plain else json.dumps(value)


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(one)}" for key, one in value.items()) + "}"
    return f"[{', '.join(map(flow, value))}]" if isinstance(value, list) else scalar(value)


def block(key: str, value: Any, column: int) -> list[str]:
    """Key and value as lines that begin at that column; lists stay in brackets."""
    if not isinstance(value, dict):
        return [f"{' ' * column}{scalar(key)}: {flow(value)}"]
    inner = [line for one in value for line in block(one, value[one], column + 2)]
    return [f"{' ' * column}{scalar(key)}:", *inner]
