"""The wiper against `shred -n1 -u` and `rm`, one run on one folder: a file of 2 GiB, and 5,000 of 20 kB.

`python bench/wipe.py [--folder DIR] [--rounds N] [--json]`. Figures are ratios: the peer's time over ours, so that more than
1 is quicker than the peer. Every kind is made afresh and flushed before each round; rounds take turns, medians count.
The folder must be on a disk: in memory there is nothing to flush.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from catalyst.wipe.wipe import open_all, wipe
from catalyst.wipe.wiper import Budget

BIG, SMALL, MANY = 2 << 30, 20_000, 5_000
CHUNK = os.urandom(1 << 20)


def big(folder: Path) -> None:
    with (folder / "checkpoint").open("wb") as stream:
        for _ in range(BIG // len(CHUNK)):
            stream.write(CHUNK)


def small(folder: Path) -> None:
    for number in range(MANY):
        (folder / f"picture_{number:05}.png").write_bytes(CHUNK[number : number + SMALL])


def ours(folder: Path) -> None:
    found = wipe(open_all([str(folder)]), Budget())
    if not (found[0].counts or {}).get("complete"):
        raise SystemExit(f"not complete: {found}")


def shred(folder: Path) -> None:
    subprocess.run(["find", str(folder), "-type", "f", "-exec", "shred", "-n1", "-u", "{}", "+"], check=True)


def rm(folder: Path) -> None:
    """Flushed, as the two others are."""
    subprocess.run(["find", str(folder), "-type", "f", "-delete"], check=True)
    os.sync()


WAYS: dict[str, Callable[[Path], None]] = {"catalyst": ours, "shred -n1 -u": shred, "rm": rm}


def measure(make: Callable[[Path], None], way: Callable[[Path], None], parent: Path) -> float:
    folder = Path(tempfile.mkdtemp(dir=parent))
    try:
        make(folder)
        os.sync()
        start = time.monotonic()
        way(folder)
        took = time.monotonic() - start
        left = list(folder.iterdir())
        if left:
            raise SystemExit(f"left: {left[:3]}")
        return took
    finally:
        shutil.rmtree(folder)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", type=Path, default=Path.cwd())
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    found = {}
    for kind, make in (("1 x 2 GiB", big), ("5,000 x 20 kB", small)):
        times: dict[str, list[float]] = {name: [] for name in WAYS}
        for _ in range(given.rounds):
            for name, way in WAYS.items():
                times[name].append(measure(make, way, given.folder))
        medians = {name: statistics.median(all_of_it) for name, all_of_it in times.items()}
        found[kind] = {"seconds": {name: round(one, 3) for name, one in medians.items()},
                       "ratio": {name: round(one / medians["catalyst"], 2) for name, one in medians.items()}}  # fmt: skip
    if given.json:
        json.dump(found, sys.stdout, indent=1)
        return 0
    for kind, one in found.items():
        for name in WAYS:
            print(f"{kind:14} {name:14} {one['seconds'][name]:8.3f} s   {one['ratio'][name]:6.2f} x ours")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
