"""pip runs setup.py of strangers, in a sandbox that may write the new virtual environment. There it can turn
`bin/python` into a link to a program in the owner's home; whoever follows it on the host mounts the home."""

from pathlib import Path

import pytest

from catalyst.workloads import interpreter


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """An environment whose interpreter leads to HOME/bin/tool."""
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    (home / "bin/tool").write_bytes(b"\x7fELF")
    venv = tmp_path / "data/venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").symlink_to(home / "bin/tool")
    return venv


def test_following_the_link_would_mount_the_home(planted: Path) -> None:
    found = interpreter.of(str(planted / "bin/python"))
    assert str(planted.parents[1] / "home") in [mount.source for mount in found.mounts]


def test_an_environment_made_in_a_sandbox_is_not_followed(planted: Path) -> None:
    found = interpreter.installed(planted)
    assert [mount.source for mount in found.mounts if str(planted.parents[1]) in mount.source] == [str(planted)]
