"""What is refused of other people's scanners before one is started, with stand-ins; the real ones are in tests/scanners."""

import json
from pathlib import Path

import pytest

import trivy_database
from catalyst.audit import opinions
from catalyst.audit.tools import program, trivy
from catalyst.audit.tools.program import ToolFailed
from trivy_database import FRESH, NOW


def fake(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """A program of that name that leaves a mark when it is started."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n: >{folder}/started\n{text}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


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
