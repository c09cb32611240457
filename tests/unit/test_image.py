"""The scripts that build the image, as far as they go without an image."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from catalyst.workloads.comfyui import COMMIT, RELEASE
from support import own_environment

IMAGE = Path(__file__).parents[2] / "image"
ENV = {**own_environment(), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
WHO = ("-c", "user.name=a", "-c", "user.email=a@example.invalid")


def _run(*argv: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=False, env=ENV, timeout=120)


@pytest.fixture
def origin(tmp_path: Path) -> tuple[str, str]:
    """The address of a repository, and the hash of its one commit."""
    folder = tmp_path / "origin"
    folder.mkdir()
    (folder / "main.py").write_text("pass\n")
    for words in (("init", "-q"), ("add", "main.py"), (*WHO, "commit", "-q", "-m", "one")):
        assert _run("git", "-C", folder, *words).returncode == 0
    return f"file://{folder}", _run("git", "-C", folder, "rev-parse", "HEAD").stdout.strip()


def test_a_commit_is_fetched_and_nothing_of_git_stays(origin: tuple[str, str], tmp_path: Path) -> None:
    done = _run("sh", IMAGE / "fetch.sh", *origin, tmp_path / "tree")
    assert done.returncode == 0, done.stderr
    assert [one.name for one in (tmp_path / "tree").iterdir()] == ["main.py"]


def test_another_commit_is_not_taken_for_it(origin: tuple[str, str], tmp_path: Path) -> None:
    assert _run("sh", IMAGE / "fetch.sh", origin[0], "0123456789" * 4, tmp_path / "tree").returncode != 0
    assert not (tmp_path / "tree/main.py").exists()


@pytest.mark.parametrize("commit", ["v0.28.0", "main", "0" * 39, "G" * 40])
def test_what_moves_is_no_commit(origin: tuple[str, str], tmp_path: Path, commit: str) -> None:
    done = _run("sh", IMAGE / "fetch.sh", origin[0], commit, tmp_path / "tree")
    assert done.returncode == 4
    assert f'catalyst: error: COMFYUI_COMMIT is "{commit}"' in done.stderr
    assert not (tmp_path / "tree/main.py").exists()


@pytest.mark.parametrize("words", [("tag", "v1.2"), (*WHO, "tag", "--annotate", "--message=x", "v1.2")])
def test_what_it_says_to_write_is_the_tags_commit(origin: tuple[str, str], tmp_path: Path, words: tuple[str, ...]) -> None:
    address, commit = origin
    assert _run("git", "-C", address.removeprefix("file://"), *words).returncode == 0
    done = _run("sh", IMAGE / "fetch.sh", address, "v1.2", tmp_path / "tree")
    (hint,) = (line for line in done.stderr.splitlines() if line.startswith("catalyst: hint: "))
    pasted = _run("sh", "-c", f"echo {hint.removeprefix('catalyst: hint: ')}")
    assert pasted.stdout == f"--build-arg COMFYUI_COMMIT={commit}\n", pasted.stderr


def test_without_a_commit_there_is_an_empty_tree(tmp_path: Path) -> None:
    assert _run("sh", IMAGE / "fetch.sh", "file:///nowhere", "", tmp_path / "tree").returncode == 0
    assert list((tmp_path / "tree").iterdir()) == []


@pytest.mark.parametrize(("text", "least", "good"), [
    ('__version__ = "0.28.0"', "0.28.0", True), ('__version__ = "0.100.1"', "0.28.0", True),
    ('__version__ = "1.0"', "0.28.0", True), ('__version__ = "0.27.9"', "0.28.0", False),
    ('__version__ = "0.3.64"', "0.28.0", False), ("nothing", "0", False), ('__version__ = "0.3.64"', "0", True),
])  # fmt: skip
def test_an_older_comfyui_is_refused(tmp_path: Path, text: str, least: str, good: bool) -> None:
    (tmp_path / "comfyui_version.py").write_text(f"# written by the release\n{text}\n")
    done = _run(sys.executable, IMAGE / "finish.py", "least", tmp_path, least)
    assert (done.returncode == 0) is good, done.stderr
    assert good or "catalyst: error: this ComfyUI is" in done.stderr


def test_what_the_image_is_made_of_is_pinned_and_the_lock_is_for_it() -> None:
    """By content, in the defaults: what a build takes where nobody says otherwise."""
    text = (IMAGE / "Dockerfile").read_text()
    arguments = dict(re.findall(r"^ARG (\w+)=(.*)$", text, re.MULTILINE))
    for name in ("BASE_IMAGE", "BUILD_IMAGE"):
        assert re.fullmatch(r"nvidia/cuda:12\.8\.1-cudnn-(runtime|devel)-ubuntu24\.04@sha256:[0-9a-f]{64}", arguments[name])
    assert re.fullmatch(r"[0-9a-f]{40}", arguments["COMFYUI_COMMIT"])
    (version,) = re.findall(r"^# ComfyUI at one commit, ([0-9.]+),", text, re.MULTILINE)
    assert f"Packages of ComfyUI {version}, the commit in image/Dockerfile" in (IMAGE / "comfyui.lock").read_text()
    assert (arguments["COMFYUI_COMMIT"], version) == (COMMIT, RELEASE)  # and what up fetches
    assert f"ComfyUI {version} is fetched" in (IMAGE.parent / "docs/guides/image.md").read_text()


def test_the_release_that_up_fetches_is_the_one_that_the_guide_says() -> None:
    assert f"fetches release {RELEASE} into" in (IMAGE.parent / "docs/guides/first-run.md").read_text()
