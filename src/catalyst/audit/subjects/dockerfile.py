"""A Dockerfile, read as BuildKit reads it (docs.docker.com/reference/dockerfile): directives, continued lines, comments
between them, heredocs, variables of ARG and ENV, several stages, the JSON form of commands.

Our own: dockerfile-parse (2.0.1, 2023) takes the lines of a heredoc for instructions, and `dockerfile` is a binding to
Go that has to be compiled (docs/concepts/dependencies.md).
"""

import json
import re
import shlex
from collections.abc import Iterator

from catalyst.audit.facts import Dockerfile, Instruction, Stage
from catalyst.audit.subjects.documents import text_of
from catalyst.errors import SubjectUnreadable

KNOWN = {
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
    "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
}  # fmt: skip
EXPANDED = {"ADD", "COPY", "ENV", "EXPOSE", "FROM", "LABEL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR", "ARG"}
EXEC_FORM = {"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME", "HEALTHCHECK"}
HEREDOCS = {"RUN", "COPY", "ADD"}
_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9_-]*)\s*=\s*(.*?)\s*$")
_HEREDOC = re.compile(r"""(?<!<)<<(-?)(["']?)([A-Za-z_][A-Za-z0-9_]*)\2""")
_FLAG = re.compile(r"--([a-z-]+)(?:=(\S*))?(?:\s+|$)")
# What a build always has (docs.docker.com/reference/dockerfile/#predefined-args and buildkit's platform arguments).
_PREDEFINED = {"TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETARCH": "amd64",
               "BUILDPLATFORM": "linux/amd64",
               "BUILDOS": "linux", "BUILDARCH": "amd64", "TARGETVARIANT": "", "BUILDVARIANT": ""}  # fmt: skip
_PATH = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


def read(data: bytes, name: str, ignore: bytes | None = None) -> Dockerfile:
    """The facts of a Dockerfile and of the .dockerignore beside it. Raises SubjectUnreadable with the line."""
    text = text_of(data, name)
    reader = _Reader(name)
    for number, line, heredocs, _ in _logical(text, name):
        reader.take(number, line, heredocs)
    if not reader.stages:
        raise SubjectUnreadable(name, 0, "no FROM in it: this is no Dockerfile")
    ignored = None if ignore is None else tuple(ignore.decode("utf-8", "replace").splitlines())
    return Dockerfile(name=name, instructions=tuple(reader.instructions), stages=tuple(reader.stages), ignore=ignored)


def span(text: str, line: int) -> tuple[int, int]:
    """First and last line of the instruction that begins in `line`, the texts after it counted in."""
    return next((line, end) for first, _, _, end in _logical(text, "") if first == line)


def _logical(text: str, name: str) -> Iterator[tuple[int, str, tuple[str, ...], int]]:
    """First line, the instruction joined, the texts of its heredocs, and its last line."""
    lines = text.splitlines()
    escape, at = _directives(lines)
    while at < len(lines):
        start, parts = at, list[str]()
        while at < len(lines):
            line, at = lines[at], at + 1
            if line.lstrip().startswith("#") or (parts and not line.strip()):
                continue  # a comment, or an empty line inside an instruction, which BuildKit passes over with a warning
            bare = line.rstrip()
            more = bare.endswith(escape) and not bare.endswith(escape * 2)
            if not parts:
                start = at - 1
            parts.append(bare[:-1] if more else line)
            if not more:
                break
        joined = "".join(parts).strip()
        if not joined:
            continue
        documents = []
        if joined.split(None, 1)[0].upper() in HEREDOCS:
            for strip, _, word in _HEREDOC.findall(joined):
                body, at = _body(lines, at, word, strip, (name, start + 1))
                documents.append(body)
        yield start + 1, joined, tuple(documents), at


def _directives(lines: list[str]) -> tuple[str, int]:
    """The escape character, and where the instructions begin. Only the comments at the top are directives."""
    escape, at = "\\", 0
    while at < len(lines) and (found := _DIRECTIVE.match(lines[at].strip())):
        if found[1].lower() == "escape" and found[2] in {"\\", "`"}:
            escape = found[2]
        at += 1
    return escape, 0


def _body(lines: list[str], at: int, word: str, strip: str, where: tuple[str, int]) -> tuple[str, int]:
    body: list[str] = []
    while at < len(lines):
        line, at = lines[at], at + 1
        if (line.lstrip("\t") if strip else line) == word:
            return "\n".join(body), at
        body.append(line.lstrip("\t") if strip else line)
    raise SubjectUnreadable(*where, f"the text after <<{word} has no end", f"end it with a line that is only {word}")


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.instructions: list[Instruction] = []
        self.stages: list[Stage] = []
        self._global: dict[str, str | None] = dict(_PREDEFINED)
        self._here: dict[str, str | None] = {}
        self._inherited: list[dict[str, str | None]] = []  # of each stage, its ENV

    def take(self, line: int, text: str, heredocs: tuple[str, ...]) -> None:
        """One instruction."""
        word, _, rest = text.partition(" ") if " " in text else text.partition("\t")
        name, rest = word.upper(), rest.strip()
        if name == "ONBUILD":  # what it holds runs in the next build; it is judged as if it were here
            word, _, rest = rest.partition(" ")
            name, rest = word.upper(), rest.strip()
        if name not in KNOWN:
            raise SubjectUnreadable(self.name, line, f"{word[:40]} is no instruction of a Dockerfile")
        if not rest and name != "MAINTAINER":
            raise SubjectUnreadable(self.name, line, f"{name} with nothing after it")
        if not self.stages and name not in {"ARG", "FROM"}:
            raise SubjectUnreadable(self.name, line, f"{name} before the first FROM")
        variables = self._global if name == "FROM" or not self.stages else self._here
        known = True
        flags: dict[str, str] = {}
        while found := _FLAG.match(rest):
            flags[found[1]] = found[2] if found[2] is not None else "true"
            rest = rest[found.end() :]
        if name in EXPANDED:
            rest, known = expand(rest, variables)
        made = Instruction(name, flags, rest, line, len(self.stages) - 1, heredocs, _words(name, rest), not known)
        if name == "FROM":
            made = self._from(made, known)
        elif name in {"ARG", "ENV"}:
            self._variables(name, rest)
        self.instructions.append(made)

    def _from(self, made: Instruction, known: bool) -> Instruction:
        words = made.text.split()
        if len(words) not in {1, 3} or (len(words) == 3 and words[1].lower() != "as"):
            raise SubjectUnreadable(self.name, made.line, "FROM takes IMAGE or IMAGE AS NAME")
        names = [stage.name for stage in self.stages]
        base = words[0]
        parent = next((at for at in reversed(range(len(names))) if names[at] == base.lower()), -1)
        self.stages.append(Stage(base, words[2].lower() if len(words) == 3 else "", made.line, parent, not known))
        self._here = {**_PATH, **(self._inherited[parent] if parent >= 0 else {})}
        self._inherited.append(dict(self._here))
        return Instruction("FROM", made.flags, made.text, made.line, len(self.stages) - 1, (), made.words,
                           made.unresolved)

    def _variables(self, kind: str, text: str) -> None:
        if kind == "ARG":
            target = self._here if self.stages else self._global
            for name, value in pairs(text):
                outer = self._global.get(name) if self.stages else None
                target[name] = value if value is not None else outer
            return
        for name, value in pairs(text, legacy=True):
            self._here[name] = value
            self._inherited[-1][name] = value


def _words(name: str, text: str) -> tuple[str, ...] | None:
    """The words of an instruction; None where a shell would have to say what they are."""
    body = re.sub(r"^CMD\s+", "", text, flags=re.IGNORECASE) if name == "HEALTHCHECK" else text
    if name in EXEC_FORM and body.startswith("["):
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        if isinstance(found, list) and all(isinstance(word, str) for word in found):
            return tuple(found)
    try:
        return tuple(shlex.split(body))
    except ValueError:
        return None


def pairs(text: str, *, legacy: bool = False) -> list[tuple[str, str | None]]:
    """NAME=VALUE of ARG, ENV and LABEL; `ENV NAME VALUE` is the old form. None is a value that is not given."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    if legacy and words and "=" not in words[0]:
        return [(words[0], text.partition(words[0])[2].strip())]
    return [(name, value if mark else None) for name, mark, value in (word.partition("=") for word in words)]


_VARIABLE = re.compile(r"\\\$|\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+?])([^{}]*))?\})")


def expand(text: str, variables: dict[str, str | None]) -> tuple[str, bool]:
    """Variables put in, and whether all of them have a value; one without stays as it is written."""
    missing = []

    def one(found: "re.Match[str]") -> str:
        name = found[1] or found[2]
        if name is None:
            return found[0]
        value, how, word = variables.get(name), found[3] or "", found[4] or ""
        if how.endswith("-"):
            return value or word
        if how.endswith("+"):
            return word if value else ""
        if value is None:
            missing.append(name)
            return found[0]
        return value

    return _VARIABLE.sub(one, text), not missing
