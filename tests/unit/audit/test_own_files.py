"""What the project ships is audited with its own audit: nothing of medium or above; its SARIF by Microsoft's validator."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from catalyst.audit import find
from catalyst.audit.model import Broken, Unknown
from catalyst.audit.run import run
from catalyst.audit.tools import compose_lint
from catalyst.cli.main import main
from catalyst.guard.record import replace
from catalyst.policy.build import build
from catalyst.render.target import targets
from catalyst.severity import Severity
from golden.test_golden import SETTINGS, _facts
from npm_package import packed
from strategies import sandbox, settings_with

IMAGE = f"catalyst-comfyui@sha256:{'0' * 64}"  # which image is the user's to say: docs/guides/containers.md
# What level normal leaves to a workload on purpose (docs/guides/levels.md), and what the rendered file says of it.
NORMAL = {"normal-public", "gpu-nvidia", "gpu-amd"}
LEFT = {("container-read-only", "workload")}
# Of compose-lint: CL-0026 calls a missing processor limit medium, which we call low, and no setting of ours says one;
# CL-0020 takes the path of the vault, SECURITY_TOKEN_VAULT_PATH, for a secret.
MULTITOOL = ("@microsoft/sarif-multitool-linux", "5.7.0",
             "27d8e3e96dde578a23b7c45035b8d741fece5731e2700aa068015b8c44d1514e")  # fmt: skip
WEAK = "services:\n  s:\n    image: comfyui\n    privileged: true\n    ports: ['8188:8188']\n    environment: ['A=${B}']\n"


def rendered(name: str, folder: Path) -> Path:
    """The compose file of these settings, as `catalyst render compose` writes it."""
    settings = settings_with(**SETTINGS[name], image=IMAGE)
    file = folder / "compose.yaml"
    where = replace(sandbox(settings), image=IMAGE)
    file.write_text(targets()["compose"].render(build(settings), where, _facts(name)).text)
    return file


@pytest.mark.parametrize("name", SETTINGS)
def test_our_compose_file(tmp_path: Path, name: str) -> None:
    (subject,) = find.files([str(rendered(name, tmp_path))])
    rows = run([subject])
    assert subject.undone == ()
    assert len(rows) > 50
    assert {(row.check.id, row.part) for row in rows if isinstance(row.outcome, Unknown)} == set()
    serious = {(row.check.id, row.part) for row in rows
               if isinstance(row.outcome, Broken) and row.check.severity >= Severity.MEDIUM}  # fmt: skip
    assert serious == (LEFT if name in NORMAL else set())


@pytest.mark.lane("scanners")
@pytest.mark.parametrize("name", SETTINGS)
def test_our_compose_file_by_another(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    found = compose_lint.lint(str(rendered(name, tmp_path))).found
    assert found is not None
    assert {one.id for one in found if one.severity in {"medium", "high", "critical"}} == {
        "CL-0026", *(["CL-0020"] if name == "paranoid" else [])}  # fmt: skip


@pytest.fixture(scope="module")
def multitool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The validator: one program with all that it needs."""
    folder = tmp_path_factory.mktemp("multitool")
    with tarfile.open(packed(*MULTITOOL)) as archive:
        archive.extractall(folder, filter="data")
    program = folder / "package/Sarif.Multitool"
    program.chmod(0o755)
    return program


def said(multitool: Path, file: Path) -> list[dict[str, Any]]:
    """What it finds, with SARIF's own rules and those of GitHub's code scanning; of the level error."""
    out = file.with_suffix(".judged")
    environment = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    subprocess.run([multitool, "validate", file, "--rule-kind", "Sarif;Ghas", "--output", out, "--log", "ForceOverwrite"],
                   env=environment, timeout=300, stdout=subprocess.DEVNULL)  # fmt: skip
    judged = json.loads(out.read_text(encoding="utf-8-sig"))["runs"][0]
    assert judged["invocations"][0]["executionSuccessful"]
    return [one for one in judged.get("results", []) if one.get("level", "warning") == "error"]


@pytest.mark.lane("scanners")
def test_our_sarif_is_what_github_takes(tmp_path: Path, multitool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compose.yaml").write_text(WEAK)
    (tmp_path / "catalyst.toml").write_text(
        '[[accept]]\nid = "container-cpus"\nreason = "one workload"\nuntil = 2999-01-01\n')
    (tmp_path / "catalyst.toml").chmod(0o600)
    assert main(["audit", "compose.yaml", "--sarif", "a.sarif", "--linters=none"]) == 14
    assert said(multitool, tmp_path / "a.sarif") == []
    spoiled = json.loads((tmp_path / "a.sarif").read_text())
    del spoiled["runs"][0]["results"][0]["locations"]
    del spoiled["runs"][0]["results"][1]["message"]
    (tmp_path / "b.sarif").write_text(json.dumps(spoiled))
    assert said(multitool, tmp_path / "b.sarif")
