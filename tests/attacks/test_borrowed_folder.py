"""`su` and `sudo -E` leave root with XDG_RUNTIME_DIR and TMPDIR of the user they were called by. The session of `run` and
`verify` was made there, and that user could put his own plan in its place: root's guard obeys it, with his uid or none."""

import os
from pathlib import Path

import pytest

from catalyst.instance.ground import ground, temporary
from catalyst.instance.store import remove_session

OTHER = 4343


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("variable", ["XDG_RUNTIME_DIR", "TMPDIR"])
def test_another_users_folder_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o700)
    os.chown(theirs, OTHER, OTHER)
    monkeypatch.setenv(variable, str(theirs))
    folder = temporary()
    remove_session(folder)
    assert theirs not in folder.parents


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_one_that_others_may_change_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    (tmp_path / "open/below").mkdir(parents=True)
    (tmp_path / "open").chmod(mode)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "open/below"))
    assert ground("TMPDIR") == Path("/tmp")


def test_ones_own_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert ground("XDG_RUNTIME_DIR", "TMPDIR") == tmp_path
