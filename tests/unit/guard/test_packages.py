"""The environment that nodes install into sees the owner's packages, and survives what a node left in its folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from catalyst.guard import packages

SCRIPT = packages.__file__
WHERE = "import pytest, site, sys; print(sys.prefix, site.getsitepackages()[0], pytest.__file__, sys.argv[1:])"


def start(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-I", SCRIPT, str(folder), *words], capture_output=True, text=True, timeout=60
    )


def test_it_goes_on_in_the_folder_and_sees_the_owners_packages(tmp_path: Path) -> None:
    for _ in ("made", "made anew"):
        done = start(tmp_path / "own", "-c", WHERE, "--flag")
        assert (done.returncode, done.stderr) == (0, "")
        prefix, own, owners, *rest = done.stdout.split()
        assert prefix == str(tmp_path / "own")
        assert own.startswith(prefix)
        assert owners == pytest.__file__
        assert rest == ["['--flag']"]


def test_what_is_installed_there_comes_first(tmp_path: Path) -> None:
    start(tmp_path / "own", "-c", "")
    (own,) = (tmp_path / "own/lib").glob("python3*/site-packages")
    (own / "pytest.py").write_text("")
    assert start(tmp_path / "own", "-c", "import pytest; print(pytest.__file__)").stdout == f"{own}/pytest.py\n"


def test_uv_is_told_what_the_owner_has(tmp_path: Path) -> None:
    start(tmp_path / "own", "-c", "")
    lines = (tmp_path / "own" / packages.INSTALLED).read_text().splitlines()
    assert "pytest; python_version < '0'" in lines


@pytest.mark.parametrize("left", ["pyvenv.cfg", "bin/python", packages.INSTALLED])
def test_a_pipe_or_a_link_in_its_files_stead_is_replaced(tmp_path: Path, left: str) -> None:
    folder, elsewhere = tmp_path / "own", tmp_path / "elsewhere"
    (folder / "bin").mkdir(parents=True)
    elsewhere.write_text("untouched")
    for plant in (os.mkfifo, lambda path: path.symlink_to(elsewhere)):
        (folder / left).unlink(missing_ok=True)
        plant(folder / left)
        done = start(folder, "-c", "import sys; print(sys.prefix)")
        assert done.stdout == f"{folder}\n", done.stderr
    assert elsewhere.read_text() == "untouched"


def test_a_folder_that_cannot_be_made_is_said_and_the_owners_packages_serve(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("a file")
    done = start(tmp_path / "own", "-c", "import sys; print(sys.executable)")
    assert done.stdout == f"{sys.executable}\n"
    assert done.stderr.startswith(f"catalyst: nodes cannot install packages: {tmp_path / 'own'}")
