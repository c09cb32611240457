"""Runs the scanner's child over files, and starts another where a file killed one."""

import json
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from catalyst.engine import process
from catalyst.errors import CatalystError, PathRefused
from catalyst.models.scan.finding import Examined, Finding
from catalyst.models.scan.report import Report

BATCH = 500  # files a child
MOST = 256 << 20  # bytes of an answer
SECONDS = 90.0  # for a file, beyond what the child allows itself


class ScannerFailed(CatalystError):
    """The child ended before it looked at anything."""


def files(paths: Sequence[str]) -> list[str]:
    """Regular files at and below `paths`; below a folder links are not followed. Raises PathRefused for anything else."""
    found: list[str] = []
    for path in paths:
        try:
            mode = Path(path).stat().st_mode
        except OSError as error:
            raise PathRefused("PATH", path, os.strerror(error.errno or 0).lower(), "name a file or a folder") from error
        if stat.S_ISDIR(mode):
            found += _below(path)
        elif stat.S_ISREG(mode):
            found.append(path)
        else:
            raise PathRefused("PATH", path, "neither a file nor a folder", "name a file or a folder")
    return found


def _below(folder: str) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise PathRefused("PATH", str(error.filename), (error.strerror or "").lower(), "scan as its owner") from error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders.sort()
        for name in sorted(names):
            full = f"{parent.rstrip('/')}/{name}"
            if stat.S_ISREG(os.lstat(full).st_mode):
                yield full


def scan(paths: Sequence[str]) -> Report:
    """A report on `paths`. A file that ends or stalls its child is not judged, and the rest goes on in a new one."""
    left = files(paths)
    absolute = {os.fsencode(Path(one).absolute()): one for one in left}
    waiting = list(absolute)
    examined: dict[bytes, Examined] = {}
    findings: list[Finding] = []
    confined: tuple[str, ...] = ()
    while waiting:
        said, done, found, begun = _batch(waiting[:BATCH])
        confined = confined or said
        examined |= done
        findings += found
        rest = [one for one in waiting if one not in examined]
        if begun is not None:
            examined[begun] = Examined(os.fsdecode(begun), "unknown", 0, "it ended the scanner, by memory or time")
            rest.remove(begun)
        if len(rest) == len(waiting):
            raise ScannerFailed("the scanner ended before it looked at a file", "is there memory? free -h")
        waiting = rest
    names = {os.fsdecode(one): shown for one, shown in absolute.items()}
    return Report(tuple(Examined(names[one.path], one.kind, one.size, one.unjudged) for one in examined.values()),
                  tuple(Finding(one.rule, names[one.path], one.evidence, one.inside, one.line) for one in findings),
                  confined)  # fmt: skip


Batch = tuple[tuple[str, ...], dict[bytes, Examined], list[Finding], bytes | None]


def _batch(paths: Sequence[bytes]) -> Batch:
    """What one child said: confinement, files, findings, and the file it was at when it ended early."""
    try:
        out = process.gather(process.python("catalyst.models.scan.child"), b"\0".join(paths), idle=SECONDS, most=MOST)
    except OSError as error:
        raise ScannerFailed(f"the scanner cannot be started: {(error.strerror or '').lower()}") from error
    confined: tuple[str, ...] = ()
    done: dict[bytes, Examined] = {}
    findings: list[Finding] = []
    begun: bytes | None = None
    for line in out.split(b"\n"):
        try:
            said = json.loads(line)
        except ValueError:  # the last line of a child that was killed
            continue
        if "confined" in said:
            confined = tuple(said["confined"])
        elif "begin" in said:
            begun = os.fsencode(said["begin"])
        else:
            done[os.fsencode(said["file"]["path"])] = Examined(**said["file"])
            findings += [Finding(**one) for one in said["findings"]]
            begun = None
    return confined, done, findings, begun
