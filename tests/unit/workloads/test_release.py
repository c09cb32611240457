"""ComfyUI fetched by `up` where there is none: one commit, and whole or not at all."""

import subprocess
from pathlib import Path

import pytest

from catalyst.instance import provision
from catalyst.instance.provision import GIT
from catalyst.settings import Settings
from catalyst.workloads import comfyui
from strategies import settings_with
from support import forget

WHO = ("-c", "user.name=x", "-c", "user.email=x@example.net")


@pytest.fixture
def origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of our own, whose second commit is the release, then a third."""
    folder = tmp_path / "origin"
    _git("init", "--quiet", folder)
    for number in range(3):
        (folder / "main.py").write_text(f"number = {number}\n")
        (folder / "comfyui_version.py").write_text('__version__ = "0.38.0"\n')
        _git("-C", folder, "add", ".")
        _git("-C", folder, *WHO, "commit", "--quiet", "--message=x")
        if number == 1:
            monkeypatch.setattr(comfyui, "COMMIT", _git("-C", folder, "rev-parse", "HEAD"))
    monkeypatch.setattr(comfyui, "SOURCE", f"file://{folder}")
    monkeypatch.setattr(provision, "GIT", (*GIT, "-c", "protocol.file.allow=always"))
    return folder


def _git(*words: object) -> str:
    done = subprocess.run(["git", *map(str, words)], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _fetched(data: Path) -> tuple[Path | None, str]:
    """The checkout, and what was said."""
    settings: Settings = settings_with(data=str(data), network_mode="public")
    said: list[str] = []
    data.mkdir()
    try:
        return provision._clone(settings, said.append), "\n".join(said)
    finally:
        forget(data)


def test_it_is_the_commit_and_no_other(origin: Path, tmp_path: Path) -> None:
    tree, said = _fetched(tmp_path / "data")
    assert tree == tmp_path / "data/comfyui", said
    assert (tree / "main.py").read_text() == "number = 1\n"
    assert [one.name for one in tree.parent.iterdir()] == ["comfyui"]
    assert said == f"fetching ComfyUI {comfyui.RELEASE}"


@pytest.mark.parametrize("left", [False, True])
def test_what_cannot_be_had_leaves_nothing(
    origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, left: bool
) -> None:
    monkeypatch.setattr(comfyui, "COMMIT", "0123456789" * 4)
    if left:
        monkeypatch.setattr(comfyui, "SOURCE", f"file://{tmp_path}/nowhere")
    tree, said = _fetched(tmp_path / "data")
    assert (tree, list((tmp_path / "data").iterdir())) == (None, [])
    assert "cannot be fetched (" in said
    assert "the canary runs in its place" in said
    assert ("fetching" in said) is not left
