"""The other files that a compose file is made of: `extends` and `include` (github.com/compose-spec/compose-spec).

They are followed where they lie in the compose file's own folder. What is not followed is named, and nothing about the
services that it may change counts as held.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from catalyst.audit.subjects import documents, variables
from catalyst.audit.subjects.documents import Map, Seq, line_of
from catalyst.audit.subjects.variables import Unset
from catalyst.errors import CatalystError, SubjectUnreadable
from catalyst.guard.record import Record

LONGEST_CHAIN = 20
Load = Callable[[str], bytes]  # raises CatalystError for what is not there, or lies elsewhere


def nowhere(name: str) -> bytes:
    """For a text that has no folder."""
    raise SubjectUnreadable(name, 0, "there is no folder to look in")


class Include(Record):
    """One entry of `include`: the file's path, the line, and why it is not followed, empty where it is."""

    path: str
    line: int
    why: str = ""


class Files:
    """The compose file `name` and what it leads to, each read once, with the same variables in all of them."""

    def __init__(self, name: str, tree: Map, known: Mapping[str, str], load: Load) -> None:
        self._known, self._load = known, load
        self._trees: dict[str, Map] = {name: tree}
        self._name = name

    def includes(self) -> list[Include]:
        """What the file includes, and what those include."""
        found: list[Include] = []
        waiting = [(self._name, 0)]
        while waiting:
            name, line = waiting.pop()
            for one in self._of(name, line):
                if all(one.path != other.path for other in found) and len(found) < LONGEST_CHAIN:
                    found.append(one)
                    waiting += [] if one.why else [(one.path, one.line)]
        return found

    def _of(self, name: str, line: int) -> Iterator[Include]:
        given = self._trees[name].get("include")
        for at, one in enumerate(given if isinstance(given, Seq) else [given] if given is not None else []):
            here = line or (line_of(given, at) if isinstance(given, Seq) else 1)
            file = one.get("path") if isinstance(one, Map) else one
            if isinstance(file, Seq) and len(file) == 1:
                file = file[0]
            if not isinstance(file, str) or isinstance(file, Unset):
                yield Include(str(file), here, "it is no single file with a known name")
            elif isinstance(one, Map) and one.get("env_file") is not None:
                yield Include(_beside(name, file), here, "its env_file is not read")
            else:
                yield Include(_beside(name, file), here, self._why(_beside(name, file)))

    def _why(self, path: str) -> str:
        try:
            self._tree(path)
        except CatalystError as error:
            return str(error)
        return ""

    def _tree(self, path: str) -> Map:
        """Raises CatalystError."""
        if path not in self._trees:
            found = documents.parse(documents.text_of(self._load(path), path), path)
            if len(found) != 1 or not isinstance(found[0], Map):
                raise SubjectUnreadable(path, 1, "not one mapping, as a compose file is")
            variables.put_in(found[0], self._known)
            self._trees[path] = found[0]
        return self._trees[path]

    def top(self, key: str) -> Map:
        """The networks or volumes of all files."""
        merged = Map(0)
        for tree in self._trees.values():
            for name, value in (tree.get(key) or {}).items() if isinstance(tree.get(key), Map) else ():
                merged.setdefault(name, value)
        return merged

    def service(self, key: str) -> tuple[Map, str]:
        """A service with what it extends below it, and why something of that is missing, empty if nothing is.

        Raises SubjectUnreadable where it extends itself, or what is not there.
        """
        return self._whole(self._name, key, 0)

    def _whole(self, name: str, key: str, depth: int) -> tuple[Map, str]:
        services = self._trees[name]["services"]
        service: Map = services[key]
        given = service.get("extends")
        if given is None:
            return service, ""
        base = given if isinstance(given, str) else given.get("service") if isinstance(given, Map) else None
        file = given.get("file") if isinstance(given, Map) else None
        other = _beside(name, str(file)) if file else name
        if depth > LONGEST_CHAIN or (not file and not _service(services, base)):
            raise SubjectUnreadable(name, line_of(service, "extends"), "it extends a service that is not there, or itself")
        try:
            if isinstance(file, Unset) or not _service(self._tree(other).get("services"), base):
                raise SubjectUnreadable(other, 0, f"no service {base} in it")
        except CatalystError as error:
            return service, f"service {key} extends one of {file}, which was not read: {error}"
        below, why = self._whole(other, str(base), depth + 1)
        if file:
            below = _moved(below, PurePosixPath(str(file)).parent, line_of(service, "extends"))
        return merged(below, service), why


def _service(services: Any, name: Any) -> bool:
    return isinstance(services, Map) and isinstance(name, str) and isinstance(services.get(name), Map)


def _beside(name: str, file: str) -> str:
    return str(PurePosixPath(name).parent / file)


def merged(below: Map, above: Map) -> Map:
    """A service over the one it extends: mappings and lists are joined, all else is the upper one's."""
    made = Map(above.line)
    for source in (below, above):
        for one in source:
            if one != "extends":
                made[one] = _joined(made.get(one), source[one])
                made.lines[one] = line_of(source, one)
    return made


def _joined(below: Any, above: Any) -> Any:
    if isinstance(below, Map) and isinstance(above, Map):
        made = Map(above.line)
        for source in (below, above):
            for key in source:
                made[key], made.lines[key] = source[key], line_of(source, key)
        return made
    if isinstance(below, Seq) and isinstance(above, Seq):
        both = Seq(above.line)
        both.extend([*below, *above])
        both.lines.extend([*below.lines, *above.lines])
        return both
    return above


def _moved(service: Map, folder: PurePosixPath, line: int) -> Map:
    """A service of another file: every line is the one that asks for it, its own paths begin in that file's folder."""
    made: Map = _at(service, line)
    for at, one in enumerate(made.get("volumes") or ()):
        if isinstance(one, Map) and str(one.get("source", "")).startswith("."):
            one["source"] = str(folder / str(one["source"]))
        elif isinstance(one, str) and one.startswith("."):
            made["volumes"][at] = f"./{folder / one}"
    build = made.get("build")
    if isinstance(build, Map):
        build["context"] = str(folder / str(build.get("context", ".")))
    elif isinstance(build, str):
        made["build"] = str(folder / build)
    return made


def _at(value: Any, line: int) -> Any:
    """A copy whose lines are all that one; as deep as the parser lets a file be."""
    if isinstance(value, Map):
        copied = Map(line)
        for key in value:
            copied[key], copied.lines[key] = _at(value[key], line), line
        return copied
    if isinstance(value, Seq):
        items = Seq(line)
        items.extend(_at(one, line) for one in value)
        items.lines.extend([line] * len(value))
        return items
    return value
