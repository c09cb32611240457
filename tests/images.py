"""Images as `docker save` writes them, made of a few files: no engine is needed."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Layer = Mapping[str, tuple[bytes, int]]  # path: content and mode; a path that ends in / is a folder


def tar(layer: Layer) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path, (content, mode) in layer.items():
            info = tarfile.TarInfo(path.rstrip("/"))
            info.mode, info.size = mode, len(content)
            if path.endswith("/"):
                info.type = tarfile.DIRTYPE
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def save(file: Path, layers: Sequence[Layer], config: Mapping[str, Any], history: Sequence[str] = ()) -> None:
    """An image's tar at `file`."""
    made = [tar(layer) for layer in layers]
    whole = {
        "architecture": "amd64", "os": "linux", "config": dict(config),
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(one).hexdigest()}" for one in made]},
        "history": [{"created_by": step} for step in history],
    }  # fmt: skip
    files = {f"{number}/layer.tar": one for number, one in enumerate(made)}
    files["config.json"] = json.dumps(whole).encode()
    files["manifest.json"] = json.dumps([{"Config": "config.json", "RepoTags": ["a:1"],
                                          "Layers": list(files)[:-1]}]).encode()
    file.write_bytes(tar({name: (content, 0o644) for name, content in files.items()}))


def metadata(name: str, version: str) -> dict[str, tuple[bytes, int]]:
    """An installed package of Python."""
    path = f"usr/lib/python3/dist-packages/{name}-{version}.dist-info/METADATA"
    return {path: (f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(), 0o644)}
