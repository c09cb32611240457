"""What a start costs: `catalyst run --engine bwrap -- true` against bare bwrap and against `docker run`, in one run.

    python tests/live/daemon.py -- python bench/start.py [--rounds N] [--image IMAGE]

Rounds are interleaved, so that a busy moment hits all three alike. Medians and ratios go to stdout. The second part
says where Catalyst's time goes, by Python's own import profile and by timing the pieces alone.
"""

import argparse
import compileall
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

SRC = Path(__file__).parents[1] / "src"
BWRAP = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--ro-bind", "/usr", "/usr",
         "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev",
         "/usr/bin/true"]  # fmt: skip


def seconds(argv: Sequence[str]) -> float:
    """Wall time of one run; it must succeed, or the figure means nothing."""
    start = time.perf_counter()
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--image", default="", help="image for docker run; without it docker is left out")
    options = parser.parse_args()
    compileall.compile_dir(SRC, quiet=1)  # as an installed program is, whatever PYTHONDONTWRITEBYTECODE says
    with tempfile.TemporaryDirectory() as data:
        Path(data).chmod(0o755)
        run = [sys.executable, "-P", "-m", "catalyst", "run", "--engine=bwrap", f"--data={data}/d",
               "--network-mode=isolated", "--", "true"]  # fmt: skip
        peers = {"catalyst run": run, "bare bwrap": BWRAP}
        if options.image:
            peers["docker run"] = ["docker", "run", "--rm", "--network", "none", options.image, "true"]
        pieces = {
            "python starts": [sys.executable, "-P", "-c", "pass"],
            "catalyst --version": [sys.executable, "-P", "-m", "catalyst", "--version"],
            "imports of run": [sys.executable, "-P", "-c", "import catalyst.cli.parser, catalyst.cli.commands.run"],
            "guard's python": [os.path.realpath(sys.executable), "-I", "-S", "-c", "pass"],
            "guard's imports": [os.path.realpath(sys.executable), "-I", "-S", "-c",
                                f"import sys; sys.path.insert(0, {str(SRC)!r}); import catalyst.guard.main"],
        }  # fmt: skip
        everything = {**peers, **pieces}
        for argv in everything.values():
            seconds(argv)  # caches warm
        taken: dict[str, list[float]] = {name: [] for name in everything}
        for _ in range(options.rounds):
            for name, argv in everything.items():
                taken[name].append(seconds(argv))
        medians = {name: statistics.median(values) for name, values in taken.items()}
        for name, value in medians.items():
            print(f"{name:20} {value * 1000:7.1f} ms")
        for name in peers:
            if name != "catalyst run":
                print(f"catalyst run / {name}: {medians['catalyst run'] / medians[name]:.2f}")
        print("\nslowest imports of catalyst run (self, ms)")
        for own, module in imports(run)[:12]:
            print(f"{own / 1000:7.1f}  {module}")
    return 0


def imports(argv: Sequence[str]) -> list[tuple[int, str]]:
    """Microseconds each module's own code took to import, slowest first (`-X importtime`)."""
    profiled = [argv[0], "-X", "importtime", *argv[1:]]
    said = subprocess.run(profiled, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stderr
    rows = re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", said)
    return sorted(((int(own), module) for own, module in rows), reverse=True)


if __name__ == "__main__":
    sys.exit(main())
