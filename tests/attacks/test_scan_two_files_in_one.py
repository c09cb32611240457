"""A file that is two things: safe for the one who looks at its name, code for the one who looks at its content."""

import io
from pathlib import Path

import pytest

import harmful
from catalyst.models.scan import child, formats
from catalyst.models.scan.reader import Reader
from catalyst.models.scan.rules import RULES
from catalyst.severity import Severity


def prefixed(front: bytes) -> bytes:
    return front + harmful.torch_zip(harmful.EVIL)


FILES = {
    "safetensors in front, zip behind.safetensors": prefixed(harmful.safetensors({"a": ("U8", [4], bytes(4))})),
    "gguf in front, zip behind.gguf": prefixed(harmful.gguf()),
    "picture in front, zip behind.png": prefixed(b"\x89PNG\r\n\x1a\n" + bytes(40)),
    "tar whose first name is a pickle.tar": harmful.tar({"cos\nsystem\n(S'inert'\ntR.": b"x"}),
    "pickle that begins as a length does.safetensors": b"\x80\x02C\x05\x00\x00\x00\x00{0" + harmful.EVIL[2:],
    "pickle that begins as a length does.pt": b"\x80\x02C\x05\x00\x00\x00\x00{0" + harmful.EVIL[2:],
    "pickle that begins as a length does.png": b"\x80\x02C\x05\x00\x00\x00\x00{0" + harmful.EVIL[2:],
    "pickle that begins as Python.py": b"(cos\nsystem\nS'inert'\no.",
    "gif that is a pickle.gif": b"GIF89a\x00\x00\x000" + harmful.EVIL[2:],
    "png that is a pickle.png": b"\x89PNG\r\n0" + harmful.OPCODES["protocol 0"],
}


@pytest.mark.parametrize("name", FILES)
def test_both_are_seen(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    _, findings = child.examine(str(tmp_path / name))
    assert max((RULES[one.rule].severity for one in findings), default=0) >= Severity.HIGH


def test_the_safetensors_among_them_is_valid_by_itself() -> None:
    """So the finding comes from the zip behind it, and not from a header that is broken anyway."""
    raw = harmful.safetensors({"a": ("U8", [4], bytes(4))})
    formats.safetensors(Reader(io.BytesIO(raw)), len(raw))
