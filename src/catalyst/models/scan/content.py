"""What a file is, by its first bytes; and what its name says it is."""

from collections.abc import Mapping

HEAD = 512  # bytes that are looked at

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\x03\x04", "zip"), (0, b"PK\x05\x06", "zip"), (0, b"7z\xbc\xaf\x27\x1c", "7z"), (0, b"Rar!\x1a\x07", "rar"),
    (257, b"ustar", "tar"), (0, b"\x1f\x8b\x08", "gzip"), (0, b"BZh", "bzip2"), (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"]\x00\x00", "lzma"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"), (0, b"\x04\x22\x4d\x18", "lz4"),
    (0, b"GGUF", "gguf"), (0, b"\x93NUMPY", "npy"), (0, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (0, b"\x7fELF", "program"), (0, b"\xcf\xfa\xed\xfe", "program"), (0, b"\xca\xfe\xba\xbe", "program"),
    (0, b"\x89PNG\r\n\x1a\n", "image"), (0, b"\xff\xd8\xff", "image"), (0, b"GIF8", "image"), (8, b"WEBP", "image"),
    (4, b"ftyp", "video"), (0, b"\x1aE\xdf\xa3", "video"), (0, b"%PDF", "document"),
)  # fmt: skip

# What a loader takes a file for by its name. `code`: it may be a pickle or hold one.
NAMES: Mapping[str, str] = {
    **dict.fromkeys((".pt", ".pth", ".pt2", ".ckpt", ".bin", ".pkl", ".pickle", ".p", ".joblib", ".dat", ".data",
                     ".dill", ".mar"),
                    "code"),
    ".npy": "npy", ".npz": "zip", ".safetensors": "safetensors", ".sft": "safetensors", ".gguf": "gguf", ".h5": "hdf5",
    ".hdf5": "hdf5", ".keras": "zip", ".onnx": "onnx", ".pb": "protobuf", ".tflite": "tflite", ".py": "python",
    ".pyc": "bytecode",
    ".zip": "zip", ".7z": "7z", ".rar": "rar", ".tar": "tar", ".tgz": "gzip", ".gz": "gzip", ".bz2": "bzip2", ".xz": "xz",
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".svg", ".mp4", ".webm", ".wav", ".mp3",
                     ".flac"), "media"),
    **dict.fromkeys((".txt", ".md", ".json", ".yaml", ".yml", ".toml", ".csv", ".html", ".css", ".js", ".cfg",
                     ".conf", ".ini"),
                    "text"),
    ".so": "program", ".dll": "program", ".exe": "program", ".pyd": "program", ".dylib": "program",
}  # fmt: skip

# Formats that hold tensors and that nothing here can read; they may run code or name other files.
UNREAD: Mapping[str, str] = {
    "onnx": "onnx graphs are not read: external data and custom operators may name other files",
    "protobuf": "TensorFlow graphs are not read: an operator may write files",
    "tflite": "tflite graphs are not read",
    "hdf5": "HDF5 is not read: a Keras model in it may hold Lambda layers",
    "bytecode": "compiled Python is not read",
    "zstd": "zstd is not unpacked", "lz4": "lz4 is not unpacked",
}  # fmt: skip


def suffix(name: str) -> str:
    """The last suffix, in lower case."""
    base = name.replace("\\", "/").rpartition("/")[2]
    dot = base.rfind(".")
    return base[dot:].lower() if dot > 0 else ""


def named(name: str) -> str:
    """What a file is by its name; `other` where no loader cares."""
    return NAMES.get(suffix(name), "other")


def kind(head: bytes) -> str:
    """What a file is by its first HEAD bytes; `unknown` where they do not say."""
    for at, magic, what in _MAGIC:
        if head[at : at + len(magic)] == magic:
            return "other" if what in {"image", "video", "document"} else what
    if head[:2] == b"MZ" and (b"PE\0\0" in head or b"This program" in head):
        return "program"
    if len(head) >= 9 and head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= 1 << 32:
        return "safetensors"  # perhaps a pickle, too: `model.py` tries both
    if len(head) >= 2 and head[0] == 0x80 and head[1] <= 5:
        return "pickle"
    if len(head) >= 2 and head[0] == 0x78 and int.from_bytes(head[:2], "big") % 31 == 0:
        return "zlib"
    return "unknown"
