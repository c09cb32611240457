"""From what a server calls a file to the name it gets here. A server's name is hostile: it is made harmless, or refused.

Kept are letters and digits of any script, and a few signs; everything else becomes `_`. The last suffix, which decides
over the kind of a file, must be one of a model's.
"""

import unicodedata

from catalyst.errors import NameRefused

SAFE = frozenset({".safetensors", ".sft", ".gguf"})
SUFFIXES = SAFE | {".ckpt", ".pt", ".pth", ".pt2", ".bin", ".onnx"}
LONGEST = 200  # bytes of UTF-8; a file system takes 255, and a staging name is put in front
_SIGNS = frozenset("._-+()[]")
# Devices of Windows, which a share or a removable disk may be read with.
_RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
# Names that say nothing: in one folder, every second repository's file has one.
_GENERIC = {"model", "pytorch_model", "diffusion_pytorch_model", "adapter_model", "pytorch_lora_weights", "diffusion_model"}


def safe(name: str, repo: str = "") -> str:
    """The file name to use for `name`, a path or not. Raises NameRefused where no model's name is left of it."""
    text = unicodedata.normalize("NFKC", name.encode("utf-8", "replace").decode()).replace("\\", "/")
    last = text.rpartition("/")[2]
    kept = "".join(one if one.isalnum() or one in _SIGNS else "_" for one in last.strip())
    stem, dot, suffix = kept.rpartition(".")
    if f"{dot}{suffix}".lower() not in SUFFIXES:
        raise NameRefused(name, f"it must end in one of {', '.join(sorted(SUFFIXES))}")
    stem = stem.strip("._- ")
    if not stem or not any(one.isalnum() for one in stem):
        raise NameRefused(name, "nothing of it can be used")
    if stem.lower() in _GENERIC and repo:
        stem = f"{repo.rpartition('/')[2]}-{stem}"
    if stem.partition(".")[0].lower() in _RESERVED:
        stem = f"_{stem}"
    return f"{_cut(stem, LONGEST - 1 - len(suffix)).rstrip('._-')}.{suffix.lower()}"  # so that it is safe as it is


def _cut(stem: str, most: int) -> str:
    """At most so many bytes, and no half of a character."""
    return stem.encode()[:most].decode(errors="ignore")


def same(path: str) -> str:
    """What two paths have in common that some file system takes for one."""
    return unicodedata.normalize("NFKC", path).casefold()
