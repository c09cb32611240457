"""Headers of safetensors, gguf and npy."""

import io
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import harmful
from catalyst.models.scan import content, formats
from catalyst.models.scan.finding import NotJudged
from catalyst.models.scan.reader import Ended, Reader


def checked(raw: bytes) -> None:
    formats.safetensors(Reader(io.BytesIO(raw)), len(raw))


def header(value: Any, data: bytes = b"", raw: bytes = b"") -> bytes:
    text = raw or json.dumps(value).encode()
    return struct.pack("<Q", len(text)) + text + data


def one(**changes: Any) -> bytes:
    return header({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} | changes}, bytes(8))


GOOD = one()
BROKEN = {
    "a length beyond the file": struct.pack("<Q", 1000) + b"{}",
    "a length beyond the format": struct.pack("<Q", 1 << 40) + b"{}",
    "cut in the length": b"\x01\x02", "cut in the header": GOOD[:20], "cut in the data": GOOD[:-1],
    "more data": GOOD + b"x",
    "no JSON": header(None, raw=b"{nope}"), "a list": header([]), "deep JSON": header(None, raw=b"[" * 100_000),
    "a name twice": header(None, bytes(8), b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{}}'),
    "a hole": header({"a": {"dtype": "U8", "shape": [1], "data_offsets": [1, 2]}}, bytes(2)),
    "an overlap": header({key: {"dtype": "U8", "shape": [2], "data_offsets": [at, at + 2]}
                          for key, at in (("a", 0), ("b", 1))}, bytes(3)),
    "a wrong length": one(shape=[3]), "a negative offset": one(data_offsets=[-1, 7]),
    "an offset that is a float": one(data_offsets=[0, 8.0]),
    "a shape that is true": one(shape=[True, 2]), "an unknown dtype": one(dtype="F33"),
    "a dtype that is a list": one(dtype=["F32"]),
    "an unknown key": one(code="x"), "an overflow": one(shape=[1 << 62, 1 << 62, 4]),
    "metadata that is no text": header({"__metadata__": {"a": 1}}),
    "metadata that is a list": header({"__metadata__": []}),
}  # fmt: skip


def test_a_good_one() -> None:
    checked(GOOD)
    checked(harmful.safetensors({"a": ("F4", [3, 2], bytes(3))}))


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_broken_safetensors(raw: bytes) -> None:
    with pytest.raises(formats.Broken):
        checked(raw)


GGUF = harmful.gguf()
BAD_GGUF = {
    "version 1": harmful.gguf(version=1), "cut": GGUF[:40], "an offset beyond the file": harmful.gguf(offset=1 << 40),
    "more tensors than there can be": GGUF[:8] + struct.pack("<Q", 1 << 50) + GGUF[16:],
    "a text longer than the file": GGUF[:24] + struct.pack("<Q", 1 << 60) + GGUF[32:],
    "an unknown type": GGUF[:34] + struct.pack("<I", 77) + GGUF[38:],
}  # fmt: skip


@pytest.mark.parametrize("raw", BAD_GGUF.values(), ids=BAD_GGUF)
def test_broken_gguf(raw: bytes) -> None:
    with pytest.raises(formats.Broken):
        formats.gguf(Reader(io.BytesIO(raw)), len(raw))


def test_npy_with_and_without_objects() -> None:
    assert formats.npy(Reader(io.BytesIO(harmful.npy("|O", "(1,)", b""))))
    assert not formats.npy(Reader(io.BytesIO(harmful.npy("<f4", "(1,)", b""))))
    assert formats.npy(Reader(io.BytesIO(harmful.npy("[('a', '|O'), ('b', '<f4')]", "(1,)", b""))))
    with pytest.raises(formats.Broken):
        formats.npy(Reader(io.BytesIO(harmful.npy("<f4", "__import__", b""))))


@given(st.binary(max_size=400), st.sampled_from(["safetensors", "gguf", "npy"]), st.integers(0, 60))
def test_no_bytes_get_past_broken(noise: bytes, kind: str, keep: int) -> None:
    raw = {"safetensors": GOOD, "gguf": GGUF, "npy": harmful.npy("|O", "(1,)", b"")}[kind][:keep] + noise
    reader = Reader(io.BytesIO(raw))
    try:
        if kind == "safetensors":
            formats.safetensors(reader, len(raw))
        elif kind == "gguf":
            formats.gguf(reader, len(raw))
        else:
            formats.npy(reader)
    except (formats.Broken, NotJudged):
        pass


@given(st.binary(max_size=700), st.lists(st.tuples(st.sampled_from(["exactly", "skip", "line", "byte", "peek"]),
    st.integers(0, 300))))
def test_the_reader_reads_what_a_file_does(data: bytes, steps: list[tuple[str, int]]) -> None:
    reader, plain = Reader(io.BytesIO(data)), io.BytesIO(data)
    for step, count in steps:
        assert reader.tell() == plain.tell()
        here = plain.tell()
        if step == "byte":
            assert reader.byte() == (plain.read(1) or b"\xff\xff")[0] or here == len(data)
        elif step == "peek":
            assert reader.peek(count) == data[here : here + count]
        elif step == "line":
            try:
                assert reader.line(1 << 20) + b"\n" == plain.readline()
            except Ended:
                assert b"\n" not in data[here:]
                return
        else:
            try:
                assert getattr(reader, step)(count) in (None, data[here : here + count])
            except Ended:
                assert here + count > len(data)
                return
            plain.seek(here + count)


@pytest.mark.parametrize("count", [0, 1, 65536, 65537, 300_000])
def test_the_reader_takes_large_pieces(count: int) -> None:
    data = bytes(range(256)) * 1172  # 300,032 bytes
    reader = Reader(io.BytesIO(data))
    reader.skip(7)
    assert reader.exactly(count) == data[7 : 7 + count]
    assert reader.tell() == 7 + count
    with pytest.raises(Ended):
        reader.exactly(300_032)


def test_names_and_first_bytes() -> None:
    assert content.suffix("a/b.tar.GZ") == ".gz"
    assert content.suffix(".bashrc") == ""
    assert content.kind(b"MZ" + bytes(400)) == "unknown"
    assert content.kind(b"MZ" + bytes(60) + b"This program cannot be run") == "program"
