"""A look at an age file before any library gets it.

The format is https://age-encryption.org/v1 (C2SP/age.md). pyrage 1.4.0 takes 8 GiB and half a minute for a file with
scrypt work factor 23, and accepts two stanzas the format forbids (knowledge: vault.md §2.2); neither gets past here.
"""

import base64
import binascii
import re

from catalyst.errors import NotAge
from catalyst.guard.record import Record

MAGIC = b"age-encryption.org/v1\n"
BEGIN, END = b"-----BEGIN AGE ENCRYPTED FILE-----", b"-----END AGE ENCRYPTED FILE-----"
MAX_BYTES = 1 << 20
MAX_HEADER = 64 << 10
MAX_STANZAS = 64
MAX_WORK = 20  # log2 of scrypt's N: 1 GiB and some three seconds
COLUMNS = 64
_PAYLOAD = 16 + 16  # the nonce and the tag of an empty last chunk
_WORD = re.compile(rb"[\x21-\x7e]+")
_WORK = re.compile(rb"[1-9][0-9]?")


class Header(Record):
    """`binary`: the file without armor. `kinds`: the type of each stanza, in order."""

    binary: bytes
    kinds: tuple[str, ...]

    @property
    def passphrase(self) -> bool:
        """Is it encrypted to a passphrase?"""
        return self.kinds == ("scrypt",)


def check(raw: bytes, *, work: int = MAX_WORK, most: int = MAX_BYTES) -> Header:
    """The header of an age file, armored or not. Raises NotAge for whatever the format or our limits do not allow."""
    if len(raw) > most:
        raise NotAge(f"it has more than {most} bytes")
    binary = _without_armor(raw) if raw.lstrip(b" \t\r\n").startswith(BEGIN) else raw
    if not binary.startswith(MAGIC):
        raise NotAge("its first line is not age's")
    lines = binary[len(MAGIC) : MAX_HEADER].split(b"\n")
    kinds: list[str] = []
    at = 0
    while at < len(lines) and lines[at].startswith(b"-> "):
        kind, at = _stanza(lines, at, work)
        kinds.append(kind)
        if len(kinds) > MAX_STANZAS:
            raise NotAge(f"it has more than {MAX_STANZAS} recipients")
    _end(binary, lines, at)
    if not kinds:
        raise NotAge("it has no recipient")
    if "scrypt" in kinds and len(kinds) > 1:
        raise NotAge("a passphrase must be the only recipient")
    return Header(binary, tuple(kinds))


def _stanza(lines: list[bytes], at: int, work: int) -> tuple[str, int]:
    """The type of the stanza that begins at line `at`, and the line after it."""
    words = lines[at][3:].split(b" ")
    if not all(_WORD.fullmatch(word) for word in words):
        raise NotAge("a recipient's line is malformed")
    kind = words[0].decode("ascii")
    if kind == "scrypt":
        _scrypt(words[1:], work)
    while (at := at + 1) < len(lines):
        if len(lines[at]) > COLUMNS:
            break
        _canonical(lines[at], padded=False)
        if len(lines[at]) < COLUMNS:
            return kind, at + 1
    raise NotAge("a recipient has no last line")


def _scrypt(words: list[bytes], work: int) -> None:
    if len(words) != 2 or not _WORK.fullmatch(words[1]) or len(_canonical(words[0], padded=False)) != 16:
        raise NotAge("its passphrase recipient is malformed")
    if int(words[1]) > work:
        raise NotAge(f"its scrypt work factor is {int(words[1])}; the limit is {work}")


def _end(binary: bytes, lines: list[bytes], at: int) -> None:
    if at >= len(lines) - 1 or not lines[at].startswith(b"--- "):
        raise NotAge("its header has no end")
    if len(_canonical(lines[at][4:], padded=False)) != 32:
        raise NotAge("its header's code is malformed")
    if len(binary) - len(MAGIC) - sum(len(line) + 1 for line in lines[: at + 1]) < _PAYLOAD:
        raise NotAge("it is cut off")


def _canonical(text: bytes, *, padded: bool) -> bytes:
    """Base64 that has one spelling only: no padding in a header, none missing in armor, no stray bits."""
    try:
        decoded = base64.b64decode(text if padded else text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise NotAge("it holds something that is not base64") from None
    spelled = base64.b64encode(decoded)
    if (spelled if padded else spelled.rstrip(b"=")) != text:
        raise NotAge("its base64 is not canonical")
    return decoded


def _without_armor(raw: bytes) -> bytes:
    lines = raw.strip(b" \t\r\n").replace(b"\r\n", b"\n").split(b"\n")
    if lines[0] != BEGIN or lines[-1] != END or len(lines) < 3:
        raise NotAge("its armor has no end, or more after it")
    body, last = lines[1:-2], lines[-2]
    if any(len(line) != COLUMNS for line in body) or not 0 < len(last) <= COLUMNS:
        raise NotAge("its armor's lines have the wrong length")
    if any(b"=" in line for line in body):
        raise NotAge("its armor is padded in the middle")
    return _canonical(b"".join((*body, last)), padded=True)
