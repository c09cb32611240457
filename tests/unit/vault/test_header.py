"""The check that stands before any age library."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.errors import NotAge
from catalyst.vault import age, header

PUBLIC = age.generate()[1]
GOOD = age.encrypt(b"text", [PUBLIC])
SALT = b"AAAAAAAAAAAAAAAAAAAAAA"
BODY = base64.b64encode(bytes(32)).rstrip(b"=")
END = b"--- " + BODY + b"\n" + bytes(40)


def scrypt(work: bytes, *, more: bytes = b"") -> bytes:
    return header.MAGIC + b"-> scrypt " + SALT + b" " + work + b"\n" + BODY + b"\n" + more + END


def armored(raw: bytes, line: int = 64) -> bytes:
    text = base64.b64encode(raw)
    return b"\n".join((header.BEGIN, *(text[at : at + line] for at in range(0, len(text), line)), header.END, b""))


def test_a_good_file_passes() -> None:
    assert header.check(GOOD).kinds[0] == "X25519"
    assert header.check(GOOD).binary == GOOD


def test_armor_is_taken_off() -> None:
    assert header.check(b" \r\n" + armored(GOOD) + b"\n ").binary == GOOD


@pytest.mark.parametrize("work", [1, 18, 20])
def test_a_work_factor_within_the_limit(work: int) -> None:
    assert header.check(scrypt(str(work).encode())).passphrase


@pytest.mark.parametrize("work", [b"21", b"23", b"30", b"99", b"0", b"018", b"+18", b"1e1", b"100", b""])
def test_a_work_factor_beyond(work: bytes) -> None:
    with pytest.raises(NotAge):
        header.check(scrypt(work))


STANZA = b"-> X25519 " + BODY + b"\n" + BODY + b"\n"
REFUSED = {
    "another format": b"PK\x03\x04" + bytes(100),
    "version 2": GOOD.replace(b"/v1", b"/v2", 1),
    "nothing": b"",
    "a magic alone": header.MAGIC,
    "no recipient": header.MAGIC + END,
    "a passphrase beside a key": scrypt(b"10", more=STANZA),
    "a stanza without its last line": header.MAGIC + b"-> X25519 " + BODY + b"\n" + b"A" * 64 + b"\n" + END,
    "a stanza without a body": header.MAGIC + b"-> X25519 " + BODY + b"\n" + END,
    "no end": header.MAGIC + STANZA,
    "cut off after the header": GOOD[: GOOD.index(b"--- ") + 48],
    "two spaces": header.MAGIC + b"->  X25519 x\n" + BODY + b"\n" + END,
    "stray bits in base64": header.MAGIC + b"-> X25519 x\n" + BODY[:-1] + b"B" + b"\n" + END,
    "65 recipients": header.MAGIC + STANZA * 65 + END,
    "more than a megabyte": GOOD + bytes(1 << 20),
    "armor without an end": armored(GOOD).replace(header.END, b""),
    "armor with more after it": armored(GOOD) + b"x",
    "armor with short lines": armored(GOOD, 60),
    "armor inside armor": armored(armored(GOOD)),
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(raw: bytes) -> None:
    with pytest.raises(NotAge):
        header.check(raw)


@given(st.binary(max_size=300), st.integers(0, len(GOOD)))
def test_any_bytes_are_accepted_or_refused_and_nothing_else_happens(noise: bytes, cut: int) -> None:
    for raw in (noise, GOOD[:cut] + noise, header.MAGIC + noise, header.BEGIN + b"\n" + noise):
        with suppress(NotAge):
            assert header.check(raw).kinds
