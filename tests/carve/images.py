"""File systems in image files, pictures as ComfyUI writes them, and what can be found of them afterwards."""

import os
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

TOOLS = ("foremost", "photorec", "scalpel", "mount", "mkfs.ext4", "mkfs.btrfs")
COUNT, SIZE = 50, 120_000
EXT4 = ["mkfs.ext4", "-q", "-F", "-b", "4096"]
MAKE = {"ext4": EXT4, "ext4 encrypt": [*EXT4, "-O", "encrypt"], "btrfs": ["mkfs.btrfs", "-q", "-f"]}


def missing() -> list[str]:
    """Tools that are not there."""
    return [name for name in TOOLS if not shutil.which(name)]


@dataclass
class Image:
    """An image file and where it is mounted, while it is."""

    file: Path
    folder: Path
    pictures: set[str] = field(default_factory=set)

    @contextmanager
    def mounted(self, *options: str) -> Iterator[Path]:
        words = ["-o", ",".join(("loop", *options))]
        subprocess.run(["mount", *words, str(self.file), str(self.folder)], check=True)
        try:
            yield self.folder
        finally:
            subprocess.run(["umount", str(self.folder)], check=True)

    def draw(self, where: Path) -> None:
        """COUNT pictures with prompts in them, and a workflow beside, on the disk when this returns."""
        where.mkdir(parents=True, exist_ok=True)
        for number in range(COUNT):
            content = png(number)
            self.pictures.add(sha256(content).hexdigest())
            (where / f"canary-name-{number:04}.png").write_bytes(content)
        (where / "workflow.json").write_text("canary-prompt-9999 in a workflow" * 50)
        os.sync()

    def found(self, scratch: Path) -> dict[str, int]:
        """What each carver brings back bit by bit, and what a search of the raw image finds. Unmounted, of course."""
        raw = self.file.read_bytes()
        return {
            "prompts": len(set(re.findall(rb"canary-prompt-\d{4}", raw))),
            "names": len(set(re.findall(rb"canary-name-\d{4}", raw))),
            **{tool: self._carved(tool, scratch / tool) for tool in ("foremost", "photorec", "scalpel")},
        }

    def _carved(self, tool: str, into: Path) -> int:
        shutil.rmtree(into, ignore_errors=True)
        subprocess.run(_argv(tool, self.file, into), check=True, capture_output=True, timeout=300)
        recovered = {sha256(path.read_bytes()).hexdigest() for path in into.parent.glob(f"{tool}*/**/*")
                     if path.is_file() and path.suffix == ".png"}  # fmt: skip
        return len(recovered & self.pictures)


def make(folder: Path, kind: str, size: int = 160 << 20) -> Image:
    """A new, empty file system of `size` bytes."""
    file, mountpoint = folder / "image", folder / "mounted"
    with file.open("wb") as stream:
        stream.truncate(size)
    subprocess.run([*MAKE[kind], str(file)], check=True, capture_output=True)
    mountpoint.mkdir()
    return Image(file, mountpoint)


def png(number: int) -> bytes:
    """A valid picture of noise with ComfyUI's text chunks `prompt` and `workflow`."""
    width = 200
    rows = b"".join(b"\0" + os.urandom(width * 3) for _ in range(SIZE // (width * 3)))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, SIZE // (width * 3), 8, 2, 0, 0, 0)),
        (b"tEXt", b"prompt\0" + f'{{"6": {{"text": "canary-prompt-{number:04}"}}}}'.encode()),
        (b"tEXt", b"workflow\0" + f'{{"nodes": ["canary-prompt-{number:04}"]}}'.encode()),
        (b"IDAT", zlib.compress(rows, 1)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def _argv(tool: str, file: Path, into: Path) -> list[str]:
    if tool == "foremost":
        return ["foremost", "-Q", "-t", "png", "-i", str(file), "-o", str(into)]
    if tool == "photorec":
        options = "partition_none,options,paranoid,fileopt,everything,disable,png,enable,search"
        return ["photorec", "/log", "/logname", os.devnull, "/d", str(into), "/cmd", str(file), options]
    into.parent.mkdir(parents=True, exist_ok=True)
    rules = into.with_suffix(".conf")
    rules.write_text("png y 20000000 \\x89\\x50\\x4e\\x47\\x0d\\x0a\\x1a\\x0a \\x49\\x45\\x4e\\x44\\xae\\x42\\x60\\x82\n")
    return ["scalpel", "-c", str(rules), "-o", str(into), str(file)]
