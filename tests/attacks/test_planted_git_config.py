"""git obeys a `.git/config` in the current folder: `insteadOf` turns an address into `ext::sh -c …`, which runs on the
host. The workload can write such a folder; the owner may stand in it when he calls `catalyst up`."""

import subprocess
from pathlib import Path

import pytest

from catalyst.engine import process
from catalyst.instance.provision import GIT

ADDRESS = "https://catalyst.invalid/ComfyUI.git"


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    folder = tmp_path / "output"
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    with (folder / ".git/config").open("a") as config:
        config.write(f'[protocol "ext"]\n\tallow = always\n[url "ext::touch {tmp_path}/PWNED #"]\n\tinsteadOf = {ADDRESS}\n')
    return folder


def test_git_in_that_folder_runs_the_command(planted: Path) -> None:
    subprocess.run(["git", "ls-remote", ADDRESS], cwd=planted, capture_output=True, timeout=30)
    assert (planted.parent / "PWNED").exists()


def test_started_by_catalyst_it_does_not(planted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(planted)
    assert process.run([*GIT, "ls-remote", ADDRESS]).code != 0
    assert not (planted.parent / "PWNED").exists()


def test_nor_with_the_transport_refused_in_that_folder(planted: Path) -> None:
    """The second lock alone: a configuration of the owner's own could do the same by mistake."""
    subprocess.run([*GIT, "ls-remote", ADDRESS], cwd=planted, capture_output=True, timeout=30)
    assert not (planted.parent / "PWNED").exists()
