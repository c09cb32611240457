"""CVE-2024-21626: a folder of the host, inherited as working folder or descriptor, from which `..` leads to its root."""

import os
from functools import partial
from itertools import chain
from pathlib import Path

from catalyst.audit.inside.acts.files import count_bytes
from catalyst.audit.inside.acts.processes import ancestors
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, allowed, first_allowed, unknown

UP = "../" * 40


def act(context: Context) -> Answer:
    """The bait file by way of each folder that this process or one above it holds."""
    bait = context.bait.get("file")
    if not bait:
        return unknown("no bait was laid")
    starts = chain([Path()], *(_held_by(str(pid)) for pid in ("self", *ancestors())))
    return first_allowed([partial(_from, start, bait) for start in starts], "")


def _from(start: Path, bait: str) -> Answer:
    answer = count_bytes(Path(f"{start}/{UP}{bait}"))
    return allowed(f"{bait} can be read by way of {start}") if answer.outcome == "allowed" else answer


def _held_by(pid: str) -> list[Path]:
    found = [Path(f"/proc/{pid}/cwd")]
    try:
        found += [Path(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]  # noqa: PTH208 -- names
    except OSError:
        return found
    return [path for path in found if _is_folder(path)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


PROBE = Probe(
    id="working-folder",
    theme="read",
    title="reach the host's files through an inherited folder",
    origin="CVE-2024-21626",
    control="namespaces",
    layers=ENGINES,
    act=act,
)
