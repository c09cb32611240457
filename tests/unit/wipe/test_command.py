"""`catalyst wipe` as a user meets it."""

import itertools
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from catalyst import __version__
from catalyst.cli.main import main
from catalyst.instance.store import Store
from catalyst.wipe.certificate import digest
from support import COMMAND, own_environment

SECRET = "a prompt" * 1000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    output = tmp_path / "output"
    (output / "album").mkdir(parents=True)
    (output / "album" / "picture.png").write_text(SECRET)
    (output / "link").symlink_to("/etc/passwd")
    return output


def test_without_a_terminal_it_needs_yes(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path(os.devnull).open() as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        assert main(["wipe", str(folder)]) == 2
    assert "--yes" in capsys.readouterr().err
    assert (folder / "album" / "picture.png").read_text() == SECRET


def test_a_dry_run_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = [(path, path.lstat()) for path in sorted(folder.rglob("*"))]
    assert main(["wipe", "--dry-run", "--json", str(folder)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == [{"path": str(folder), "files": 1, "bytes": found[0]["bytes"], "folders": 1, "others": 1, "whole": True}]
    assert before == [(path, path.lstat()) for path in sorted(folder.rglob("*"))]
    assert main(["wipe", "--dry-run", str(folder)]) == 0
    assert "1 files" in capsys.readouterr().out


def test_the_folder_stays_and_the_certificate_says_all(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("certificate.json", "certificate.txt"):
        (folder / "again").write_text(SECRET)
        assert main(["wipe", "--yes", str(folder), "--certificate", str(folder.parent / name)]) == 0
    assert list(folder.iterdir()) == []
    found = json.loads((folder.parent / "certificate.json").read_text())
    assert (found["tool"], found["standard"]) == (f"catalyst {__version__}", "NIST SP 800-88r2")
    assert found["sha256"] == digest(found)
    one = found["paths"][0]
    assert (one["path"], one["done"], one["overwritten"], one["unlinked_only"]) == (str(folder), "wiped", 2, 1)
    assert one["exceptions"] == [{"path": "link", "done": "unlinked only", "why": "a link"}]
    shown = capsys.readouterr().out
    assert "result: complete" in shown
    assert (folder.parent / "certificate.txt").read_text() in shown
    for word in ("Purge", "DoD", "unrecoverable"):
        assert word not in shown


def test_a_certificate_is_never_in_what_is_wiped_nor_over_another_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["wipe", "--yes", str(folder), "--certificate", str(folder / "album" / "c.json")]) == 2
    (folder.parent / "there").write_text("mine")
    assert main(["wipe", "--yes", str(folder), "--certificate", str(folder.parent / "there")]) == 1
    assert (folder.parent / "there").read_text() == "mine"
    assert (folder / "album" / "picture.png").read_text() == SECRET
    assert "nothing was wiped" in capsys.readouterr().err


def test_what_runs_there_has_to_end_first(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(str(folder.parent))
    store.prepare((1000, 1000))
    hold = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.lockf(f, 2); print(flush=True); sys.stdin.read()"
    held = subprocess.Popen([sys.executable, "-c", hold, str(store.folder / "lock")], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)  # fmt: skip
    try:
        assert held.stdout is not None
        held.stdout.readline()
        assert main(["wipe", "--yes", str(folder)]) == 1
        assert "an instance runs on it" in capsys.readouterr().err
        assert (folder / "album" / "picture.png").exists()
    finally:
        held.communicate()
    assert main(["wipe", "--yes", str(folder)]) == 0


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("y\n", 2), ("\n", 2)])
def test_a_terminal_is_asked(folder: Path, answer: str, code: int) -> None:
    upper, lower = pty.openpty()
    process = subprocess.Popen([*COMMAND, "wipe", str(folder)], stdin=lower, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=own_environment(), text=True)  # fmt: skip
    os.close(lower)
    os.write(upper, answer.encode())
    _, said = process.communicate(timeout=30)
    os.close(upper)
    assert process.returncode == code, said
    assert "cannot be brought back" in said
    assert (folder / "album").exists() == (code != 0)


def test_within_a_time_that_is_too_short(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        (folder / f"{number}").write_text("x")
    hours = itertools.count()
    monkeypatch.setattr("catalyst.wipe.wiper.time", SimpleNamespace(monotonic=lambda: next(hours) / 10))
    assert main(["wipe", "--yes", "--json", "--within", "1", str(folder)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert not found["complete"]
    assert found["paths"][0]["exceptions"][-1]["why"] == "the limit of 1 s was reached"
    assert list(folder.iterdir())
    assert main(["wipe", "--yes", "--within", "0", str(folder)]) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_a_certificate(folder: Path, number: signal.Signals) -> None:
    for count in range(5_000):
        (folder / f"{count}").write_text("x" * 100)
    process = subprocess.Popen([*COMMAND, "wipe", "--yes", "--json", str(folder)], stdout=subprocess.PIPE, text=True,
                               env=own_environment())  # fmt: skip
    end = time.monotonic() + 30
    while len(list(folder.iterdir())) > 4_990 and time.monotonic() < end:
        time.sleep(0.005)
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    found = json.loads(out)["paths"][0]
    assert process.returncode == 1
    assert found["exceptions"][-1] == {"path": ".", "done": "not wiped", "why": "it was asked to stop"}
    assert 0 < found["overwritten"] < 5_000
