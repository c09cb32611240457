"""How a secret gets in: from the terminal without echo, from stdin, or from a file. Never from the command line."""

import os
import sys
from pathlib import Path

from catalyst.errors import CatalystError, UsageError, shown
from catalyst.secret import Secret

MOST = 64 << 10
# What is left where nobody can be asked.
BY_DESCRIPTOR = "give it by a descriptor: --passphrase-fd 3 3<FILE"
BY_STDIN = "give it on stdin: --stdin, or --file FILE"
IN_A_CONTAINER = "docker run asks with --interactive --tty; else give it an identity without a passphrase"


def prompt(question: str, instead: str = BY_DESCRIPTOR) -> Secret:
    """Asked at the terminal. Raises UsageError where there is none, with the way that is left `instead`: an echoed answer
    would be seen."""
    import warnings
    from getpass import GetPassWarning, getpass

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GetPassWarning)
            return Secret(getpass(f"{question}: "))
    except (GetPassWarning, OSError, EOFError):
        raise UsageError(f"there is no terminal to ask at: {question}", instead) from None


def new_passphrase() -> Secret:
    """Asked twice."""
    first = prompt("new passphrase")
    if len(first.reveal()) < 8:
        raise UsageError("a passphrase needs 8 characters or more", "take some words")
    if first != prompt("the same again"):
        raise UsageError("the two differ", "try again")
    return first


def from_descriptor(number: int) -> Secret:
    """The first line of an open descriptor."""
    try:
        with os.fdopen(number, "rb", closefd=False) as file:
            line = file.readline(MOST)
    except OSError as error:
        raise UsageError(f"descriptor {number} cannot be read", "--passphrase-fd 3 3<FILE") from error
    return Secret(_text(line))


def from_stdin() -> str:
    """Everything on stdin, without the line end after it."""
    return _text(sys.stdin.buffer.read(MOST + 1))


def from_file(file: str) -> str:
    """Everything in a file, without the line end after it."""
    try:
        with Path(file).open("rb") as opened:
            return _text(opened.read(MOST + 1))
    except OSError as error:
        raise CatalystError(f"{shown(file)} cannot be read: {(error.strerror or '').lower()}",
                            "name another file") from error


def _text(raw: bytes) -> str:
    if len(raw) > MOST:
        raise CatalystError(f"more than {MOST} bytes were given", "give one token, or NAME=VALUE lines")
    try:
        return raw.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:  # the error would quote the bytes
        raise CatalystError("what was given is not UTF-8 text", "a token is visible ASCII") from None
