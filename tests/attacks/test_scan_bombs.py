"""Files made to exhaust whoever looks at them. The scan ends in bounded time and memory, says so, and goes on."""

import gzip
import io
import json
import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import harmful
from catalyst.engine import process
from catalyst.instance import scan as runner
from catalyst.models.scan import child
from support import COMMAND, own_environment


def scan(path: Path) -> tuple[int, dict[str, object], int]:
    """Exit code, JSON, and the peak memory of the scanning process in KiB."""
    code = ("import resource, subprocess, sys\n"
            "done = subprocess.run(sys.argv[1:], capture_output=True, text=True)\n"
            "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
            "print(done.stdout or done.stderr)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code, *COMMAND, "scan", "--json", str(path)], env=own_environment(),
                          capture_output=True, text=True, timeout=300, check=True)  # fmt: skip
    first, _, rest = done.stdout.partition("\n")
    status, peak = map(int, first.split())
    return status, json.loads(rest), peak


def opcodes(megabytes: int) -> bytes:
    return b"\x80\x02" + b"N0" * (megabytes << 19) + harmful.EVIL[2:]


def layered() -> bytes:
    """Archives in one another, deeper than anybody needs."""
    data = harmful.EVIL
    for _ in range(12):
        data = gzip.compress(data)
    return data


def zeros(gigabytes: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.pkl", "w",
        force_zip64=True) as member:
        member.write(b"\x80\x04\x8e" + struct.pack("<Q", gigabytes << 30))
        for _ in range(gigabytes << 4):
            member.write(bytes(1 << 26))
        member.write(b"0" + harmful.EVIL[2:])
    return made.getvalue()


def memo() -> bytes:
    entries = (b"X\x08\x00\x00\x00%08dr" % one + struct.pack("<I", one) + b"0" for one in range(1_500_000))
    return b"\x80\x02" + b"".join(entries) + b"N."


BOMBS: Mapping[str, Callable[[], bytes]] = {
    "200 MB of opcodes": lambda: opcodes(200), "a stack without end": lambda: b"\x80\x02" + b"]" * 50_000_000 + b".",
    "marks": lambda: b"(" * 20_000_000 + b".", "a memo": memo, "layers": layered,
    "a JSON header of 90 MB": lambda: struct.pack("<Q", 90_000_000) + b"[" * 90_000_000,
    "a million JSON tensors": lambda: harmful.safetensors({str(one): ("U8", [1], b"x") for one in range(700_000)})[:-1],
    "gguf texts": lambda: b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<IIQ", 9,
    8, 19_000_000)
    + bytes(8 * 19_000_000),
    "a line without end": lambda: b"c" + b"a" * 50_000_000, "python": lambda: b"x = " + b"-" * 1_000_000 + b"1",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_and_is_not_cleared(tmp_path: Path, name: str) -> None:
    suffix = {"python": ".py", "a JSON header of 90 MB": ".safetensors", "a million JSON tensors": ".safetensors",
              "gguf texts": ".gguf"}.get(name, ".pkl")  # fmt: skip
    (tmp_path / f"bomb{suffix}").write_bytes(BOMBS[name]())
    status, found, peak = scan(tmp_path / f"bomb{suffix}")
    assert status in {3, 13, 14}, found
    assert peak < child.MEMORY >> 10


def test_four_gigabytes_of_zeros_come_out_of_four_megabytes(tmp_path: Path) -> None:
    """Nothing is skipped for being large: what lies behind is found, or the file is not judged."""
    (tmp_path / "a.zip").write_bytes(zeros(1))
    assert scan(tmp_path / "a.zip")[0] == 14
    assert (tmp_path / "a.zip").stat().st_size < 4_000_000


def test_the_other_files_are_scanned_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that kills its process is not judged; the next process goes on behind it."""
    real = process.python

    def killing(module: str, *words: str) -> list[str]:
        argv = real(module, *words)
        trap = ("import os, catalyst.models.scan.child as c; look = c.examine; "
                "c.examine = lambda path: os.kill(os.getpid(), 9) if path.endswith('killer') else look(path); "
                "raise SystemExit(c.main())")  # fmt: skip
        return [*argv[:3], argv[3].replace(argv[3].partition("; ")[2].partition("; ")[2], trap)]

    monkeypatch.setattr("catalyst.engine.process.python", killing)
    for name, data in (("a.pkl", harmful.EVIL), ("b_killer", b"x"), ("c.pkl", harmful.EVIL), ("d_killer", b"x"),
        ("e.txt", b"x")):
        (tmp_path / name).write_bytes(data)
    report = runner.scan([str(tmp_path)])
    assert sorted(one.path.rpartition("/")[2] for one in report.unjudged) == ["b_killer", "d_killer"]
    assert len(report.files) == 5
    assert {one.path.rpartition("/")[2] for one in report.findings} == {"a.pkl", "c.pkl"}


def test_the_scanner_is_confined() -> None:
    """It cannot write, start a program or connect, whatever a file makes it do."""
    code = """
import os, socket, subprocess, sys
from catalyst.models.scan import child
said = child.confine()
def attempt(name, act):
    try:
        act()
        print(name, "done")
    except (OSError, MemoryError) as error:
        print(name, type(error).__name__)
attempt("write", lambda: open(sys.argv[1] + "/new", "w"))
attempt("program", lambda: subprocess.run(["true"]))
attempt("memory", lambda: bytearray(3 << 30))
if any("no TCP" in one for one in said):
    attempt("connect", lambda: socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=2))
print("landlock" if any("Landlock ABI" in one for one in said) else "without", said)
"""
    import socket
    import tempfile

    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        done = subprocess.run([sys.executable, "-P", "-c", code, folder, str(server.getsockname()[1])],
            capture_output=True,
                              text=True, env=dict(os.environ), timeout=60)  # fmt: skip
        assert not any(Path(folder).iterdir())
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "memory MemoryError" in lines
    if lines[-1].startswith("landlock"):
        assert {"write PermissionError", "program PermissionError"} <= set(lines)
        assert not [one for one in lines if one.endswith(" done")]
