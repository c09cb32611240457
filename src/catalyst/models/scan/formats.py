"""Headers of safetensors, gguf and npy, checked as strictly as the reference readers do or more so."""

import ast
import json
import struct
from collections.abc import Callable
from typing import Any, Final

from catalyst.models.scan.finding import NotJudged
from catalyst.models.scan.reader import Ended, Reader

MAX_JSON = 100_000_000  # bytes, as safetensors 0.4 and later
# Bits of each element (safetensors/src/tensor.rs, Dtype).
BITS: Final = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E5M2FNUZ": 8, "F8_E4M3FNUZ": 8,
    "I16": 16, "U16": 16,
    "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
}  # fmt: skip


class Broken(Exception):
    """The header breaks the format's rules; the message says which."""


def safetensors(reader: Reader, size: int) -> None:
    """Raises Broken. `size` is the whole file's, in bytes (github.com/huggingface/safetensors, Format)."""
    try:
        length = int.from_bytes(reader.exactly(8), "little")
        if length > MAX_JSON or length > size - 8:
            raise Broken("the header is longer than the file or than the format allows")
        raw = reader.exactly(length)
    except Ended:
        raise Broken("it ends inside the header") from None
    try:
        header = json.loads(raw.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Broken("the header is no JSON, or names a tensor twice") from None
    if not isinstance(header, dict):
        raise Broken("the header is no JSON object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(one, str) for one in metadata.values()):
        raise Broken("__metadata__ holds something that is no text")
    spans = sorted(_span(tensor) for tensor in header.values())
    at = 0
    for start, end in spans:
        if start != at:
            raise Broken(f"tensors overlap or leave a hole at byte {at} of the data")
        at = end
    if at != size - 8 - length:
        raise Broken(f"the tensors end at byte {at} of the data, which has {size - 8 - length}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError
    return dict(pairs)


def _span(tensor: object) -> tuple[int, int]:
    if not isinstance(tensor, dict) or tensor.keys() != {"dtype", "shape", "data_offsets"}:
        raise Broken("a tensor has not exactly dtype, shape and data_offsets")
    shape, offsets = tensor["shape"], tensor["data_offsets"]
    if not _naturals(shape) or not _naturals(offsets) or len(offsets) != 2:
        raise Broken("a shape or an offset is no list of natural numbers")
    bits = BITS.get(tensor["dtype"]) if isinstance(tensor["dtype"], str) else None
    if bits is None:
        raise Broken("a tensor has an unknown dtype")
    for dimension in shape:
        bits *= dimension
        if bits >= 1 << 66:
            raise Broken("a tensor is larger than 2**63 bytes")
    start, end = offsets
    if (end - start) * 8 != bits:
        raise Broken("a tensor's shape does not fit its length")
    return start, end


def _naturals(value: object) -> bool:
    return isinstance(value, list) and len(value) < 1000 and all(type(one) is int and 0 <= one < 1 << 63 for one in value)


GGUF_WIDTH: Final = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
GGUF_TEXT, GGUF_ARRAY = 8, 9
MAX_GGUF_ENTRIES = 1_000_000
MAX_GGUF_TEXTS = 3_000_000  # in arrays: a tokenizer has some 300,000


class _Gguf:
    """A gguf header (ggml/docs/gguf.md); version 2 and 3, little endian."""

    def __init__(self, reader: Reader, size: int) -> None:
        self.reader, self.size, self.left = reader, size, MAX_GGUF_TEXTS

    def number(self, width: int) -> int:
        return int.from_bytes(self.reader.exactly(width), "little")

    def count(self, most: int, what: str) -> int:
        value = self.number(8)
        if value > most:
            raise Broken(f"more {what} than the file could hold")
        return value

    def text(self) -> None:
        self.reader.skip(self.count(self.size, "bytes in a text"))

    def value(self, kind: int, depth: int = 0) -> None:
        if kind in GGUF_WIDTH:
            self.reader.skip(GGUF_WIDTH[kind])
        elif kind == GGUF_TEXT:
            self.text()
        elif kind == GGUF_ARRAY and depth < 4:
            inner, count = self.number(4), self.count(self.size, "elements in an array")
            if inner in GGUF_WIDTH:
                self.reader.skip(count * GGUF_WIDTH[inner])
                return
            self.left -= count
            if self.left < 0:
                raise NotJudged("more texts in its arrays than are looked at")
            for _ in range(count):
                self.value(inner, depth + 1)
        else:
            raise Broken(f"a value of the unknown type {kind}")

    def header(self) -> None:
        self.reader.exactly(4)
        version = self.number(4)
        if version not in {2, 3}:
            raise Broken(f"version {version}; known are 2 and 3")
        tensors, entries = self.count(MAX_GGUF_ENTRIES, "tensors"), self.count(MAX_GGUF_ENTRIES, "entries")
        for _ in range(entries):
            self.text()
            self.value(self.number(4))
        for _ in range(tensors):
            self.text()
            dimensions = self.number(4)
            if dimensions > 8:
                raise Broken(f"a tensor with {dimensions} dimensions")
            self.reader.skip(8 * dimensions + 4)
            if self.number(8) > self.size:
                raise Broken("a tensor beyond the end of the file")


def gguf(reader: Reader, size: int) -> None:
    """Raises Broken."""
    _read(lambda: _Gguf(reader, size).header())


def npy(reader: Reader) -> bool:
    """Does a .npy hold objects, so that a pickle follows its header? Raises Broken (numpy/lib/format.py)."""
    found: list[bool] = []

    def header() -> None:
        major = reader.exactly(8)[6]
        if major not in {1, 2, 3}:
            raise Broken(f"version {major}")
        length = struct.unpack("<H" if major == 1 else "<I", reader.exactly(2 if major == 1 else 4))[0]
        if length > 1 << 16:
            raise Broken("a header of more than 65536 bytes")
        try:
            said = ast.literal_eval(reader.exactly(length).decode("latin-1").strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            raise Broken("the header is no literal") from None
        if not isinstance(said, dict) or said.keys() != {"descr", "fortran_order", "shape"}:
            raise Broken("the header has not exactly descr, fortran_order and shape")
        found.append("O" in repr(said["descr"]))

    _read(header)
    return found[0]


def _read(read: Callable[[], None]) -> None:
    try:
        read()
    except Ended:
        raise Broken("it ends inside the header") from None
