"""What a scan of a large file costs: `catalyst scan` against picklescan and modelscan, in one run.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install picklescan modelscan
    python bench/scan.py --peers /tmp/peers/bin [--size MIB] [--rounds N] [--bomb] [--corpus]

Rounds are interleaved, so that a busy moment hits all alike. Medians of wall time, peak memory (of the largest process)
and ratios go to stdout. --bomb adds 200 MB of tiny opcodes, cut after a minute; --corpus counts, over the harmful and
harmless files of tests/harmful.py, what each tool flags.
"""

import argparse
import compileall
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
import harmful  # noqa: E402  # it lies in tests/, which is no package

PATIENCE = 60.0
MIB = 1 << 20


def torch_zip(file: Path, size: int) -> None:
    """torch.save's format: one pickle and stored tensors."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        archive.writestr("archive/data.pkl", harmful.tensor_pickle(64))
        for one in range(64):
            archive.writestr(f"archive/data/{one}", os.urandom(MIB) * (size // 64))


def legacy(file: Path, size: int) -> None:
    """torch before 1.6: five pickles, then the tensors."""
    keys = b"\x80\x02]q\x00X\x01\x00\x00\x000q\x01a."
    with file.open("wb") as opened:
        opened.write(b"".join(harmful.LEGACY) + harmful.tensor_pickle() + keys)
        for _ in range(size):
            opened.write(os.urandom(MIB))


def raw_pickle(file: Path, size: int) -> None:
    """One pickle with the data in it."""
    with file.open("wb") as opened:
        opened.write(b"\x80\x04]")
        for _ in range(size // 16):
            opened.write(b"B" + struct.pack("<I", 16 * MIB) + os.urandom(16 * MIB) + b"a")
        opened.write(b".")


def safetensors(file: Path, size: int) -> None:
    """Peers know it and skip it."""
    with file.open("wb") as opened:
        head = harmful.safetensors({"a": ("U8", [0], b"")})
        text = head[8:].replace(b"[0]", b"[%d]" % (size * MIB)).replace(b"[0, 0]", b"[0, %d]" % (size * MIB))
        opened.write(struct.pack("<Q", len(text)) + text)
        for _ in range(size):
            opened.write(os.urandom(MIB))


def bomb(file: Path, _size: int) -> None:
    """200 MB of opcodes of one byte."""
    file.write_bytes(b"\x80\x02" + b"N0" * (100 << 20) + b"N.")


def measured(argv: Sequence[str], env: dict[str, str]) -> tuple[float, int, str]:
    """Seconds, peak memory in MiB, and the exit code or `cut`."""
    code = ("import resource, subprocess, sys\n"
            "try: code = str(subprocess.run(sys.argv[2:], stdout=-3, stderr=-3, timeout=float(sys.argv[1])).returncode)\n"
            "except subprocess.TimeoutExpired: code = 'cut'\n"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10, code)")  # fmt: skip
    start = time.perf_counter()
    said = subprocess.run([sys.executable, "-c", code, str(PATIENCE), *argv], env=env, capture_output=True, text=True,
                          check=True).stdout.split()  # fmt: skip
    return time.perf_counter() - start, int(said[0]), said[1]


def tools(peers: Path) -> dict[str, Callable[[str], list[str]]]:
    """Name -> the command for a path."""
    return {
        "catalyst": lambda path: [sys.executable, "-P", "-m", "catalyst", "scan", path],
        "picklescan": lambda path: [str(peers / "picklescan"), "-p", path],
        "modelscan": lambda path: [str(peers / "modelscan"), "-p", path],
    }


def corpus(folder: Path, commands: dict[str, Callable[[str], list[str]]], env: dict[str, str]) -> None:
    """How many files each tool says anything of. A tool that ends in an error has not flagged the file."""
    sets = {
        "harmful pickles": {**{f"{number}.pkl": harmful.call(*pair) for number, pair in enumerate(harmful.PAIRS)},
                            **{f"o{number}.pkl": data for number, data in enumerate(harmful.OPCODES.values())}},
        "tricks": dict(harmful.TRICKS), "harmless": dict(harmful.BENIGN),
    }  # fmt: skip
    flagged = {"catalyst": {"12", "13", "14"}, "picklescan": {"1"}, "modelscan": {"1"}}
    for title, files in sets.items():
        counts = {}
        for name, command in commands.items():
            codes = []
            for file, data in files.items():
                (folder / file).write_bytes(data)
                codes.append(measured(command(str(folder / file)), env)[2])
                (folder / file).unlink()
            undecided = sum(code not in flagged[name] | {"0"} for code in codes)
            counts[name] = f"{sum(code in flagged[name] for code in codes)} flagged, {undecided} error or undecided"
        print(f"{title} ({len(files)}): " + "; ".join(f"{name} {count}" for name, count in counts.items()), flush=True)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, required=True, help="folder with the programs picklescan and modelscan")
    parser.add_argument("--size", type=int, default=1024, help="MiB of each file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bomb", action="store_true")
    parser.add_argument("--corpus", action="store_true")
    options = parser.parse_args()
    compileall.compile_dir(ROOT / "src", quiet=1)  # as an installed program is, whatever PYTHONDONTWRITEBYTECODE says
    commands = tools(options.peers)
    env = {"PYTHONPATH": str(ROOT / "src"), "PATH": os.defpath, "HOME": "/nonexistent"}
    kinds: dict[str, Callable[[Path, int], None]] = {
        "torch zip.pt": torch_zip, "legacy.pt": legacy, "raw.pkl": raw_pickle, "a.safetensors": safetensors,
    }  # fmt: skip
    if options.bomb:
        kinds["bomb.pkl"] = bomb
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, make in kinds.items():
            file = folder / title
            make(file, options.size)
            taken: dict[str, list[tuple[float, int, str]]] = {tool: [] for tool in commands}
            for _ in range(1 if title.startswith("bomb") else options.rounds):
                for tool, command in commands.items():
                    taken[tool].append(measured(command(str(file)), env))
            file.unlink()
            ours = statistics.median(one[0] for one in taken["catalyst"])
            print(f"\n{title}, {options.size if not title.startswith('bomb') else 200} MiB")
            for tool, runs in taken.items():
                seconds = statistics.median(one[0] for one in runs)
                print(f"  {tool:11} {seconds:7.2f} s  {max(one[1] for one in runs):6} MiB  exit {runs[-1][2]:4}"
                      f"  catalyst / {tool}: {ours / seconds:.2f}", flush=True)  # fmt: skip
        if options.corpus:
            print()
            corpus(folder, commands, env)
    return 0


if __name__ == "__main__":
    sys.exit(main())
