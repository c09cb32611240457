"""Real Trivy on a database made here, real hadolint and compose-lint, as `catalyst audit` asks them."""

import datetime as dt
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import images
import trivy_database
from catalyst.audit import opinions
from catalyst.audit.tools import compose_lint, hadolint, trivy
from catalyst.audit.tools.program import ToolFailed
from support import COMMAND, own_environment
from trivy_database import FRESH, NOW, STALE


@pytest.fixture
def cache(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache that Trivy is pointed at, and the tools on PATH."""
    monkeypatch.setenv("TRIVY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    return tmp_path / "cache"


@pytest.fixture
def image(tmp_path: Path) -> str:
    """torch with the hole, requests without."""
    file = tmp_path / "image.tar"
    images.save(file, [images.metadata("torch", "2.4.0") | images.metadata("requests", "2.32.0")], {"User": "1000"})
    return str(file)


def test_a_known_hole_is_found_and_a_mended_one_is_not(cache: Path, image: str) -> None:
    trivy_database.write(cache, **FRESH)
    found = trivy.scan("image", image, NOW)
    assert [(one.id, one.severity) for one in found.found or ()] == [("CVE-2025-32434", "critical")]
    assert "fixed in 2.6.0" in (found.found or ())[0].text
    assert "database of 2026-11-28" in found.by


def test_of_a_folder_and_of_an_sbom(cache: Path, tmp_path: Path, image: str) -> None:
    trivy_database.write(cache, **FRESH)
    (tmp_path / "app").mkdir()
    (tmp_path / "app/requirements.txt").write_text("requests==2.19.0\n")
    assert [one.id for one in trivy.scan("folder", str(tmp_path / "app"), NOW).found or ()] == ["CVE-2018-18074"]
    for form in ("cyclonedx", "spdx-json"):
        bill = tmp_path / f"{form}.json"
        bill.write_bytes(trivy.bill("image", image, form))
        assert [one.id for one in trivy.scan("sbom", str(bill), NOW).found or ()] == ["CVE-2025-32434"]


def test_what_does_not_apply_is_said_in_vex(cache: Path, tmp_path: Path, image: str) -> None:
    trivy_database.write(cache, **FRESH)
    vex = tmp_path / "vex.json"
    vex.write_text(json.dumps({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.invalid/vex", "author": "me", "version": 1,
        "timestamp": "2026-11-01T00:00:00Z",
        "statements": [{"vulnerability": {"name": "CVE-2025-32434"}, "products": [{"@id": "pkg:pypi/torch@2.4.0"}],
                        "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path"}]}))  # fmt: skip
    assert trivy.scan("image", image, NOW, str(vex)).found == ()


def test_a_stale_database_is_refused_though_trivy_takes_it(cache: Path, image: str) -> None:
    """The control first: Trivy itself scans with it and says nothing."""
    trivy_database.write(cache, **STALE)
    argv = ["trivy", "image", "--input", image, "--skip-db-update", "--cache-dir", str(cache), "--quiet", "--format",
            "json"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0
    assert done.stderr == ""
    with pytest.raises(ToolFailed, match="2020-01-01"):
        trivy.scan("image", image, NOW)


@pytest.mark.parametrize("break_it", ["absent", "schema", "corrupt", "metadata", "empty"])
def test_a_database_that_is_none_leaves_it_undone(cache: Path, image: str, break_it: str) -> None:
    if break_it != "absent":
        trivy_database.write(cache, **FRESH, version=9 if break_it == "schema" else 2)
    if break_it in {"corrupt", "empty"}:
        (cache / "db/trivy.db").write_bytes(b"" if break_it == "empty" else b"x" * 8192)
    if break_it == "metadata":
        (cache / "db/metadata.json").write_text("[1]")
    found, undone = opinions.vulnerabilities("image", image, opinions.Wish("trivy"))
    assert found == ()
    assert undone[0].startswith("known vulnerabilities: trivy")


def test_what_the_environment_and_the_folder_ask_trivy_is_not_obeyed(
    cache: Path, tmp_path: Path, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trivy_database.write(cache, **FRESH)
    monkeypatch.setenv("TRIVY_SEVERITY", "LOW")
    monkeypatch.setenv("TRIVY_IGNOREFILE", str(tmp_path / ".trivyignore"))
    (tmp_path / ".trivyignore").write_text("CVE-2025-32434\n")
    (tmp_path / "trivy.yaml").write_text("severity: [LOW]\n")
    monkeypatch.chdir(tmp_path)
    assert len(trivy.scan("image", image, NOW).found or ()) == 1


def test_the_command(cache: Path, tmp_path: Path, image: str) -> None:
    day = dt.datetime.now(tz=dt.UTC)
    trivy_database.write(cache, updated=day.isoformat(), following=(day + dt.timedelta(days=1)).isoformat())
    words = ["--json", "--sbom", str(tmp_path / "bill.json"), image]
    env = {**own_environment(), "TRIVY_CACHE_DIR": str(cache), "PATH": os.environ["PATH"]}
    done = subprocess.run([*COMMAND, "audit", *words], env=env, capture_output=True, text=True, timeout=120)
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 14
    assert {"vulnerability-critical", "image-torch"} <= {one["id"] for one in found["findings"]}
    assert found["counts"]["not_done"] == 0
    assert json.loads((tmp_path / "bill.json").read_text())["bomFormat"] == "CycloneDX"


def test_hadolint_is_not_silenced_by_the_file(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("# hadolint global ignore=DL3003,DL3059\nFROM a:1\n# hadolint ignore=DL3003\nRUN cd /x && make\n")
    (tmp_path / ".hadolint.yaml").write_text("ignored: [DL3003]\n")
    monkeypatch.chdir(tmp_path)
    assert "DL3003" in {one.id for one in hadolint.lint(str(file)).found or ()}


def test_compose_lint_is_not_silenced_by_the_folder(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services:\n  a:\n    image: a:1\n    privileged: true\n")
    (tmp_path / ".compose-lint.yml").write_text("rules:\n  CL-0002:\n    enabled: false\n")
    monkeypatch.chdir(tmp_path)
    assert "CL-0002" in {one.id for one in compose_lint.lint(str(file)).found or ()}
