"""README and docs/ as data: their blocks, the commands in them, and what stands in backticks."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
COMMANDS = {"sh", "shell"}  # languages of blocks that are typed into a shell


class Block(NamedTuple):
    """A fenced block: where it is, its language, its text, and the comment right above it."""

    page: str
    line: int
    language: str
    text: str
    told: str


@cache
def pages() -> dict[str, str]:
    """Every page by its name, but those that are written from the code."""
    files = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files
            if file.parent.name != "reference"}  # fmt: skip


@cache
def blocks() -> tuple[Block, ...]:
    """Every fenced block of every page. Raises ValueError for a fence that is not closed."""
    return tuple(block for page, text in pages().items() for block in _blocks(page, text.splitlines()))


def _blocks(page: str, lines: list[str]) -> Iterator[Block]:
    start = -1
    for number, line in enumerate(lines):
        if not line.lstrip().startswith("```"):
            continue
        if start < 0:
            start = number
            continue
        above = lines[start - 1].strip() if start else ""
        told = above.removeprefix("<!--").removesuffix("-->").strip() if above.startswith("<!--") else ""
        yield Block(page, start + 1, lines[start].strip()[3:], "\n".join(lines[start + 1 : number]), told)
        start = -1
    if start >= 0:
        raise ValueError(f"{page}:{start + 1}: a block without an end")


def simple_commands(text: str) -> Iterator[list[str]]:
    """The words of each command of a shell text, without what it is piped into, redirected to or said about it."""
    for line in text.replace("\\\n", " ").splitlines():
        words: list[str] = []
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
        lexer.whitespace_split = True
        redirected = False
        for word in lexer:
            if set(word) <= set("|&;()"):
                yield from [words] if words else []
                words = []
            elif set(word) <= set("<>"):
                redirected = True
            elif redirected:
                redirected = False
            else:
                words.append(word)
        yield from [words] if words else []


def without_variables(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """What stands before a command as NAME=VALUE, and the rest."""
    given: dict[str, str] = {}
    while words and (found := re.fullmatch(r"([A-Za-z_]\w*)=(.*)", words[0], re.DOTALL)):
        given[found[1]], words = found[2], words[1:]
    return given, words


def quoted(text: str) -> list[str]:
    """What stands in backticks, outside of blocks."""
    outside = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [" ".join(words.split()) for words in re.findall(r"`([^`]+)`", outside)]
