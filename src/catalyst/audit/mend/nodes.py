"""Where every value of a YAML text stands, by the events of PyYAML's own parser, without recursion.

The tree of `subjects/documents.py` says what a file means; this one says which characters say it.
"""

from typing import Any

KINDS = {"MappingStartEvent": "map", "SequenceStartEvent": "seq", "ScalarEvent": "scalar", "AliasEvent": "alias"}


class NotMended(Exception):
    """A place cannot be changed without changing something else too; the message says why."""


class Node:
    """A mapping, a list, a scalar or an alias, from `start` to `end` in the text.

    `flow` is the form with brackets; `style` the quote or the mark of a block of a scalar. Of a mapping `pairs` are its
    keys and values in order, of a list `items` its values.
    """

    def __init__(self, kind: str, event: Any) -> None:
        self.kind = kind
        self.start: int = event.start_mark.index
        self.end: int = event.end_mark.index
        self.flow = bool(getattr(event, "flow_style", False))
        self.style: str = getattr(event, "style", None) or ""
        self.anchor: str = getattr(event, "anchor", None) or ""
        self.text: str = getattr(event, "value", "") or ""
        self.items: list[Node] = []

    @property
    def pairs(self) -> list[tuple["Node", "Node"]]:
        """Keys and values of a mapping."""
        return list(zip(self.items[::2], self.items[1::2], strict=True))

    def value(self, key: str) -> "tuple[Node, Node] | None":
        """The key and the value of that name which are written in the mapping itself, not brought in by `<<`."""
        return next(((one, other) for one, other in self.pairs if one.kind == "scalar" and one.text == key), None)

    def last(self) -> int:
        """Where its last letter is: a block ends for the parser only where the next thing begins."""
        node = self
        while node.kind in {"map", "seq"} and not node.flow and node.items:
            node = node.items[-1]
        return node.end


class Layout:
    """All documents of a text, and the names that are used again further down."""

    def __init__(self, text: str) -> None:
        import yaml

        self.documents: list[Node] = []
        self.used: set[str] = set()
        self._open: list[Node] = []
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            self._take(type(event).__name__, event)

    def _take(self, name: str, event: Any) -> None:
        if name in {"MappingEndEvent", "SequenceEndEvent"}:
            self._open.pop().end = event.end_mark.index
        elif name in KINDS:
            node = Node(KINDS[name], event)
            (self._open[-1].items if self._open else self.documents).append(node)
            if node.kind in {"map", "seq"}:
                self._open.append(node)
            elif node.kind == "alias":
                self.used.add(node.anchor)

    def at(self, path: tuple[str | int, ...]) -> Node:
        """The value at a path: number of the document, then keys and numbers of items. Raises NotMended."""
        node = self.documents[int(path[0])]
        for step in (*path[1:], None):
            if node.kind == "alias":
                raise NotMended(f"it stands behind *{node.anchor}, and would change wherever that stands")
            if node.anchor and node.anchor in self.used:
                raise NotMended(f"&{node.anchor} is used elsewhere too, and would change there as well")
            if step is None:
                break
            if isinstance(step, int):
                node = node.items[step]
                continue
            found = node.value(step)
            if found is None:
                raise NotMended(f"{step} is brought in by <<, so it stands elsewhere")
            node = found[1]
        return node
