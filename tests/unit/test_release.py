"""The workflows hold to what docs/concepts/releases.md says; the version is in one place; every change has a type."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import release
from catalyst import __version__

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").iterdir())
OURS = "./.github/workflows/"
TYPES = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["towncrier"]["type"]


def _read(file: Path) -> dict[Any, Any]:
    found = yaml.safe_load(file.read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def _events(workflow: dict[Any, Any]) -> set[str]:
    """`on` is a boolean of YAML 1.1."""
    return set(workflow[True])


def _steps(workflow: dict[Any, Any]) -> Iterator[dict[str, Any]]:
    return (step for job in workflow["jobs"].values() for step in job.get("steps", []))


def _writes(workflow: dict[Any, Any]) -> set[str]:
    """Jobs that may write anything, or be somebody."""
    return {name for name, job in workflow["jobs"].items() if "write" in job["permissions"].values()}


def test_there_are_some() -> None:
    assert {file.name for file in WORKFLOWS} >= {"test.yml", "release.yml"}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_every_action_is_pinned_by_its_commit(file: Path) -> None:
    """And says which version that is. So is every image."""
    lines = re.findall(r"^\s*(?:- )?uses: (.*)$", file.read_text("utf-8"), re.MULTILINE)
    used = [step["uses"] for step in _steps(_read(file)) if "uses" in step]
    assert len([line for line in lines if not line.startswith(OURS)]) == len(used) > 0
    for line in lines:
        if line.startswith(OURS):
            assert (ROOT / line).is_file()
        else:
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)+", line), line
    for job in _read(file)["jobs"].values():
        if "container" in job:
            assert re.search(r"@sha256:[0-9a-f]{64}$", job["container"]["image"])


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_job_has_what_it_needs_and_no_more(file: Path) -> None:
    workflow = _read(file)
    assert workflow["permissions"] == {}
    assert not _events(workflow) & {"pull_request_target", "workflow_run", "issue_comment"}
    for name, job in workflow["jobs"].items():
        assert set(job["permissions"].values()) <= {"read", "write"}, name
        assert "timeout-minutes" in job or "uses" in job, name
    if _writes(workflow):
        assert _events(workflow) == {"push"}
        assert set(workflow[True]["push"]) == {"tags"}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_no_secret_and_no_text_of_others_in_a_script(file: Path) -> None:
    text = file.read_text("utf-8")
    assert "secrets" not in text
    for step in _steps(_read(file)):
        assert "${{" not in step.get("run", ""), "give it by env"
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_what_publishes_builds_nothing_that_was_not_tested() -> None:
    jobs = _read(ROOT / ".github/workflows/release.yml")["jobs"]
    assert _writes(_read(ROOT / ".github/workflows/release.yml")) == {"publish-wheel", "image", "release"}
    for name in ("publish-wheel", "image"):
        assert "test" in jobs[name]["needs"]
        assert jobs[name]["environment"]
    assert not any("run" in step for step in jobs["publish-wheel"]["steps"])
    scan, push = (next(at for at, step in enumerate(jobs["image"]["steps"]) if word in step.get("run", ""))
                  for word in ("trivy image --input image.tar", "oci-archive:image.tar"))  # fmt: skip
    assert scan < push
    for word in ("--provenance=mode=max", "--sbom=true", "cosign sign --yes"):
        assert word in str(jobs["image"]["steps"])


def test_the_version_is_in_one_place() -> None:
    """But for what is rendered from it, and what tells of releases."""
    assert release.version(ROOT) == __version__
    places = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "pyproject.toml", ROOT / "catalyst"]
    other = {".pyc", ".lock", ".png"}
    for folder in ("src", "docs", "image", ".github"):
        places += [file for file in (ROOT / folder).rglob("*") if file.is_file() and file.suffix not in other]
    found = [file for file in places if re.search(rf"(?<![\d.]){re.escape(__version__)}(?![\d.])", file.read_text("utf-8"))]
    assert [str(file.relative_to(ROOT)) for file in found] == ["src/catalyst/__init__.py"]


def test_every_change_has_a_type_and_words() -> None:
    """towncrier passes over a name that it does not understand without a word."""
    types = "|".join(one["directory"] for one in TYPES)
    for file in (ROOT / "changes").iterdir():
        if file.name == "README.md":
            continue
        assert re.fullmatch(rf"\+[a-z0-9-]+\.({types})\.md", file.name), file.name
        assert len(file.read_text("utf-8").split()) > 3, file.name


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree that is ready for the release of 1.2.3."""
    (tmp_path / "src/catalyst").mkdir(parents=True)
    (tmp_path / "changes").mkdir()
    (tmp_path / "src/catalyst/__init__.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n\n## 1.2.3 (2027-01-01)\n\n- one\n\n## 1.2.2 (2026-12-01)\n\n- two\n")
    return tmp_path


def test_the_notes_are_the_part_of_the_version(tree: Path) -> None:
    assert release.notes(tree, "v1.2.3") == "- one\n"


@pytest.mark.parametrize(("tag", "text", "left", "words"), [
    ("v1.2.4", None, "", "the version is 1.2.3"), ("1.2.3", None, "", "the version is 1.2.3"),
    ("v1.2.3", "# Changes\n\n## 1.2.2 (2026-12-01)\n\n- two\n", "", "says nothing of 1.2.3"),
    ("v1.2.3", "# Changes\n\n## 1.2.3 (2027-01-01)\n\n\n## 1.2.2 (2026-12-01)\n\n- two\n", "", "says nothing of 1.2.3"),
    ("v1.2.3", None, "+x.fixed.md", "not in CHANGELOG.md yet: +x.fixed.md"),
])  # fmt: skip
def test_a_tag_that_is_no_release_is_refused(tree: Path, tag: str, text: str | None, left: str, words: str) -> None:
    if text:
        (tree / "CHANGELOG.md").write_text(text)
    if left:
        (tree / "changes" / left).write_text("x\n")
    with pytest.raises(SystemExit, match=re.escape(words)):
        release.notes(tree, tag)
