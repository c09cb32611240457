"""`audit --fix [--write]` as a program: what it prints, what it writes, and which files it does not touch."""

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from catalyst.audit.mend.write import write
from catalyst.cli.main import main
from catalyst.errors import NotWritten

COMPOSE = "services:\n  s:\n    image: a:1\n    privileged: true  # once\n"


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


class Done(NamedTuple):
    """What a call of the program did."""

    returncode: int
    stdout: str
    stderr: str


class Audit:
    """The program, in this process and in one folder: a start of it takes a second."""

    def __init__(self, folder: Path, capture: "pytest.CaptureFixture[bytes]") -> None:
        self.folder, self._capture = folder, capture

    def __call__(self, *words: str) -> Done:
        code = main(["audit", f"--data={self.folder}/data", "--linters=none", *words])
        out, err = self._capture.readouterr()
        return Done(code, out.decode(), err.decode())


@pytest.fixture
def audit(file: Path, capfdbinary: "pytest.CaptureFixture[bytes]", monkeypatch: pytest.MonkeyPatch) -> Audit:
    monkeypatch.chdir(file.parent)
    return Audit(file.parent, capfdbinary)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "compose.yaml"
    made.write_text(COMPOSE)
    made.chmod(0o640)
    return made


def test_without_write_nothing_changes(file: Path, audit: Audit) -> None:
    before = file.stat()
    done = audit("--fix")
    assert done.returncode == 14, done.stderr
    assert file.read_text() == COMPOSE
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert "+    privileged: false  # once\n" in done.stdout
    assert "not mended: compose.yaml:2 container-memory: " in done.stderr


def test_the_diff_is_what_write_writes_and_twice_is_once(file: Path, audit: Audit) -> None:
    shown = audit("--fix").stdout
    done = audit("--fix", "--write", "compose.yaml")
    assert done.stdout == shown
    assert done.returncode == 12, done.stderr  # no memory limit, which nobody but its owner can say
    assert names(file.parent) == ["compose.yaml"]
    assert file.stat().st_mode & 0o7777 == 0o640
    mended = file.read_text()
    file.write_text(COMPOSE)
    patched = subprocess.run(["git", "apply", "-p0"], cwd=file.parent, input=shown, text=True, capture_output=True)
    assert patched.returncode == 0, patched.stderr
    assert file.read_text() == mended
    again = audit("--fix", "--write")
    assert again.stdout == ""
    assert "nothing here can be mended" in again.stderr
    assert file.read_text() == mended


def test_what_the_owner_accepted_stays(file: Path, audit: Audit) -> None:
    (file.parent / "catalyst.toml").write_text(
        '[[accept]]\nid = "container-privileged"\nreason = "it is so"\nuntil = 2999-01-01\n')
    (file.parent / "catalyst.toml").chmod(0o600)
    audit("--fix", "--write")
    assert "privileged: true" in file.read_text()
    assert "read_only: true" in file.read_text()


@pytest.mark.parametrize("words", [("--write",), ("--fix", "--json"), ("--fix", "--write", "-")])
def test_what_does_not_go_together(file: Path, audit: Audit, words: tuple[str, ...]) -> None:
    done = audit(*words)
    assert done.returncode == 2
    assert "hint: " in done.stderr
    assert file.read_text() == COMPOSE


def test_a_secret_is_not_shown(file: Path, audit: Audit) -> None:
    secret = "hf_abcdefghijklmnopqrstuvwxyzABCDEF"
    file.write_text(f"services:\n  s: {{image: a, environment: [HF_TOKEN={secret}]}}\n")
    done = audit("--fix")
    assert secret not in done.stdout + done.stderr
    assert "because of a secret in it" in done.stderr
    assert audit("--fix", "--write").returncode == 13
    assert "read_only: true" in file.read_text()


@pytest.mark.parametrize("kind", ["link", "link to a folder's file", "two names", "of somebody else", "a pipe"])
def test_not_written(file: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = file
    if kind == "link":
        name = file.with_name("link.yaml")
        name.symlink_to(file)
    elif kind == "link to a folder's file":
        name = file.with_name("dangling.yaml")
        name.symlink_to(file.with_name("missing"))
    elif kind == "two names":
        os.link(file, file.with_name("second.yaml"))
    elif kind == "of somebody else":
        monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)
    else:
        name = file.with_name("pipe.yaml")
        os.mkfifo(name)
    beside = names(file.parent)
    with pytest.raises(NotWritten) as caught:
        write(str(name), COMPOSE.encode(), b"x")
    assert name.name in str(caught.value)
    assert file.read_text() == COMPOSE
    assert names(file.parent) == beside


def test_a_file_that_was_changed_meanwhile_is_left(file: Path) -> None:
    with pytest.raises(NotWritten, match="while it was looked at"):
        write(str(file), b"something else", b"x")
    assert file.read_text() == COMPOSE
    assert names(file.parent) == ["compose.yaml"]


def test_one_that_another_took_the_place_of_is_left(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look and the exchange somebody puts a link there."""
    other = file.with_name("other")
    other.write_text("theirs")
    real = os.fsync

    def exchange(descriptor: int) -> None:
        real(descriptor)
        if not file.is_symlink():
            file.rename(file.with_name("old"))
            file.symlink_to(other)

    monkeypatch.setattr(os, "fsync", exchange)
    with pytest.raises(NotWritten, match="while it was looked at"):
        write(str(file), COMPOSE.encode(), b"x")
    assert other.read_text() == "theirs"
    assert names(file.parent) == ["compose.yaml", "old", "other"]


def test_a_full_disk_leaves_the_old_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(NotWritten, match="no space left"):
        write(str(file), COMPOSE.encode(), b"x")
    assert file.read_text() == COMPOSE
    assert names(file.parent) == ["compose.yaml"]


def test_labels_are_kept(file: Path) -> None:
    try:
        os.setxattr(file, "user.note", b"mine")
    except OSError:
        pytest.skip("this file system has no labels")
    write(str(file), COMPOSE.encode(), b"new")
    assert os.getxattr(file, "user.note") == b"mine"
    assert file.read_bytes() == b"new"


@pytest.mark.parametrize("name", ["a b.yaml", "x\n+++ etc\n.yaml", "-x.yaml", "a\tb.yaml", '"a".yaml'])
def test_a_name_cannot_lead_patch_to_another_file(file: Path, audit: Audit, name: str) -> None:
    file.rename(file.with_name(name))
    done = audit("--fix", f"./{name}" if name.startswith("-") else name)
    assert "+++ etc" not in done.stdout
    assert done.stdout == "" or name.startswith("-")
    assert "\n+++" not in done.stderr
    assert audit("--fix", "--write", f"./{name}").returncode == 12
    assert "privileged: false" in file.with_name(name).read_text()
