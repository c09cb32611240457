"""A token's value must be nowhere but in the pipes: not in argv, environments, output, errors or other files."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from support import COMMAND, own_environment
from vaults import VALUE

PASSPHRASE = "canary-passphrase-of-the-test"


def command(path: Path, *words: str, given: str = "", more: dict[str, str]
            | None = None) -> "subprocess.CompletedProcess[str]":
    env = {**own_environment(), "SECURITY_TOKEN_VAULT_PATH": str(path), "TMPDIR": str(path.parent), **(more or {})}
    return subprocess.run([*COMMAND, "vault", *words], env=env, input=given, capture_output=True, text=True, timeout=60,
                          cwd=path.parent)  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path / "vault.age"


def watch(found: set[str], stop: threading.Event) -> None:
    """Every argv and environment of this machine that can be read, until `stop`."""
    here = str(os.getpid())
    while not stop.is_set():
        for process in (one.name for one in Path("/proc").iterdir() if one.name.isdecimal() and one.name != here):
            for name in ("cmdline", "environ"):
                try:
                    text = Path(f"/proc/{process}/{name}").read_bytes()
                except OSError:
                    continue
                found |= {f"{process} {name}" for secret in (VALUE, PASSPHRASE) if secret.encode() in text}


def test_neither_argv_nor_environment_of_any_process_has_it(path: Path) -> None:
    found: set[str] = set()
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=(found, stop))
    thread.start()
    try:
        assert command(path, "init").returncode == 0
        for _ in range(3):
            assert command(path, "set", "A", "--stdin", given=VALUE).returncode == 0
            assert command(path, "list").returncode == 0
        assert found == set()
        # the same watch sees a value that is in an argv and in an environment
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.5)", VALUE], env={"X": PASSPHRASE}, check=True)
    finally:
        stop.set()
        thread.join()
    assert {one.partition(" ")[2] for one in found} == {"cmdline", "environ"}


def test_no_output_has_it(path: Path) -> None:
    command(path, "init")
    said = [
        command(path, "set", "A", "--stdin", "--host", "a.co", given=f"{VALUE}\n"),
        command(path, "set", "A", VALUE), command(path, "set", VALUE),
        command(path, "set", "B", "--stdin", given=f"{VALUE} {VALUE}"),
        command(path, "import", "-", given=f"A={VALUE}\n{VALUE}\n"), command(path, "import", "-", given=f"A B={VALUE}"),
        command(path, "import", "--environment", more={"HF_TOKEN": VALUE}),
        command(path, "import", "--environment", more={"HF_TOKEN": f"{VALUE}\n{VALUE}"}),
        command(path, "list"), command(path, "list", "--json"), command(path, "show-hosts"), command(path, "check"),
        command(path, "rotate"), command(path, "recipients"), command(path, "recipients", "--json"),
        command(path, "rm", "A"),
        command(path, "rm", VALUE), command(path, "recipients", "--add", f"AGE-SECRET-KEY-1{VALUE}"),
    ]  # fmt: skip
    assert [one.returncode for one in said] == [0, 2, 2, 2, 1, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1]
    assert "shell's history" in said[1].stderr
    assert not [one for one in said if VALUE in one.stdout + one.stderr or "Traceback" in one.stderr]


def test_no_file_beside_has_it(path: Path) -> None:
    command(path, "init", "--passphrase-fd", "0", given=PASSPHRASE)
    secret = path.parent / "value"
    secret.write_text(VALUE)
    assert command(path, "set", "A", "--file", str(secret), "--passphrase-fd", "0", given=PASSPHRASE).returncode == 0
    secret.unlink()
    held = [file.name for file in path.parent.rglob("*") if file.is_file()
            and any(text.encode() in file.read_bytes() for text in (VALUE, PASSPHRASE, "AGE-SECRET-KEY"))]  # fmt: skip
    assert held == []


def test_an_error_nobody_foresaw_names_its_place_and_no_value() -> None:
    """KeyError, for one, quotes what it did not find."""
    child = [sys.executable, "-P", "-m", "catalyst.vault.child"]
    for request in (f'{{"do": "{VALUE}"}}', f'"{VALUE}',
                    f'{{"do": "list", "vault": "{VALUE}", "identity": "{VALUE}"}}', "[]"):
        done = subprocess.run(child, input=request, capture_output=True, text=True, env=dict(os.environ), timeout=60)
        assert done.returncode == 1
        assert VALUE not in done.stdout + done.stderr
        assert "error" in done.stdout
