"""Real Trivy on a database made here, real hadolint and compose-lint (lane `scanners`); and what is refused before any
of them
is started, with stand-ins."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import images
import trivy_database
from catalyst.audit import opinions
from catalyst.audit.tools import compose_lint, hadolint, program, trivy
from catalyst.audit.tools.program import ToolFailed
from support import COMMAND, own_environment

scanners = pytest.mark.lane("scanners")
NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
FRESH: dict[str, Any] = {"updated": "2026-11-28T00:00:00.123456789Z", "following": "2026-11-30T00:00:00Z"}
STALE: dict[str, Any] = {"updated": "2020-01-01T00:00:00Z", "following": "2020-01-02T00:00:00Z"}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache that Trivy is pointed at, and this environment's programs on PATH."""
    monkeypatch.setenv("TRIVY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    return tmp_path / "cache"


@pytest.fixture
def image(tmp_path: Path) -> str:
    """torch with the hole, requests without."""
    file = tmp_path / "image.tar"
    images.save(file, [images.metadata("torch", "2.4.0") | images.metadata("requests", "2.32.0")], {"User": "1000"})
    return str(file)


def fake(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """A program of that name that leaves a mark when it is started."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n: >{folder}/started\n{text}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@scanners
def test_a_known_hole_is_found_and_a_mended_one_is_not(cache: Path, image: str) -> None:
    trivy_database.write(cache, **FRESH)
    found = trivy.scan("image", image, NOW)
    assert [(one.id, one.severity) for one in found.found or ()] == [("CVE-2025-32434", "critical")]
    assert "fixed in 2.6.0" in (found.found or ())[0].text
    assert "database of 2026-11-28" in found.by


@scanners
def test_of_a_folder_and_of_an_sbom(cache: Path, tmp_path: Path, image: str) -> None:
    trivy_database.write(cache, **FRESH)
    (tmp_path / "app").mkdir()
    (tmp_path / "app/requirements.txt").write_text("requests==2.19.0\n")
    assert [one.id for one in trivy.scan("folder", str(tmp_path / "app"), NOW).found or ()] == ["CVE-2018-18074"]
    for form in ("cyclonedx", "spdx-json"):
        bill = tmp_path / f"{form}.json"
        bill.write_bytes(trivy.bill("image", image, form))
        assert [one.id for one in trivy.scan("sbom", str(bill), NOW).found or ()] == ["CVE-2025-32434"]


@scanners
def test_what_does_not_apply_is_said_in_vex(cache: Path, tmp_path: Path, image: str) -> None:
    trivy_database.write(cache, **FRESH)
    vex = tmp_path / "vex.json"
    vex.write_text(json.dumps({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.invalid/vex", "author": "me", "version": 1,
        "timestamp": "2026-11-01T00:00:00Z",
        "statements": [{"vulnerability": {"name": "CVE-2025-32434"}, "products": [{"@id": "pkg:pypi/torch@2.4.0"}],
                        "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path"}]}))  # fmt: skip
    assert trivy.scan("image", image, NOW, str(vex)).found == ()


@scanners
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


@scanners
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


@scanners
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


@scanners
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


@scanners
def test_hadolint_is_not_silenced_by_the_file(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("# hadolint global ignore=DL3003,DL3059\nFROM a:1\n# hadolint ignore=DL3003\nRUN cd /x && make\n")
    (tmp_path / ".hadolint.yaml").write_text("ignored: [DL3003]\n")
    monkeypatch.chdir(tmp_path)
    assert "DL3003" in {one.id for one in hadolint.lint(str(file)).found or ()}


@scanners
def test_compose_lint_is_not_silenced_by_the_folder(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services:\n  a:\n    image: a:1\n    privileged: true\n")
    (tmp_path / ".compose-lint.yml").write_text("rules:\n  CL-0002:\n    enabled: false\n")
    monkeypatch.chdir(tmp_path)
    assert "CL-0002" in {one.id for one in compose_lint.lint(str(file)).found or ()}


@pytest.mark.parametrize("version", sorted(trivy.MALICIOUS))
def test_a_malicious_release_is_not_even_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    fake(tmp_path / "bin", monkeypatch, "trivy",
         f"echo ignored\n# -X github.com/aquasecurity/trivy/pkg/version/app.ver={version}")
    found, undone = opinions.vulnerabilities("image", "/x.tar", opinions.Wish("trivy"))
    assert (found, (tmp_path / "bin/started").exists()) == ((), False)
    assert "CVE-2026-33634" in undone[0]


def test_a_program_that_only_calls_itself_trivy_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path / "bin", monkeypatch, "trivy", "echo Version: 0.76.0")
    with pytest.raises(ToolFailed, match="holds no version"):
        trivy.locate()
    assert not (tmp_path / "bin/started").exists()


@pytest.mark.parametrize(("answer", "why"),
                         [("exit 1", "exit code 1"), ("true", "wrote no report"), ("kill -9 $$", "exit code -9")])
def test_a_crash_is_no_finding_and_no_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str,
                                           why: str) -> None:
    fake(tmp_path / "bin", monkeypatch, "trivy", f"{answer}\n# pkg/version/app.ver=0.76.0")
    monkeypatch.setenv("TRIVY_CACHE_DIR", str(tmp_path / "cache"))
    trivy_database.write(tmp_path / "cache", **FRESH)
    with pytest.raises(ToolFailed, match=why):
        trivy.scan("image", "/x.tar", NOW)


def test_without_a_scanner_the_report_says_what_was_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    _, undone = opinions.vulnerabilities("image", "/x.tar", opinions.Wish())
    assert undone == ("known vulnerabilities: trivy is not installed; grype is not installed",)


def test_grype_is_taken_where_there_is_no_trivy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    match = {"vulnerability": {"id": "CVE-2099-0001", "severity": "Negligible", "fix": {"versions": ["2"]}},
             "artifact": {"name": "bash", "version": "1"}}  # fmt: skip
    fake(tmp_path / "bin", monkeypatch, "grype",
         f"echo '{json.dumps({'matches': [match], 'descriptor': {'version': '0.9'}})}'")
    found, undone = opinions.vulnerabilities("image", "/x.tar", opinions.Wish())
    assert undone == ()
    assert [(one.severity, one.text) for one in found[0].found or ()] == [("low", "CVE-2099-0001 in bash 1, fixed in 2")]


def test_its_own_environment_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path / "bin", monkeypatch, "tool", "/usr/bin/env; pwd")
    monkeypatch.setenv("TRIVY_SEVERITY", "LOW")
    said = program.run([str(tmp_path / "bin/tool")], {0}).decode()
    assert "TRIVY" not in said
    assert said.splitlines()[-1] == "/"
