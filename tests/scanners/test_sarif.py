"""Our SARIF under Microsoft's validator, with its own rules and those of GitHub's code scanning."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from catalyst.cli.main import main
from npm_package import packed

MULTITOOL = ("@microsoft/sarif-multitool-linux", "5.7.0",
             "27d8e3e96dde578a23b7c45035b8d741fece5731e2700aa068015b8c44d1514e")  # fmt: skip
WEAK = "services:\n  s:\n    image: comfyui\n    privileged: true\n    ports: ['8188:8188']\n    environment: ['A=${B}']\n"


@pytest.fixture(scope="module")
def multitool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The validator: one program with all that it needs."""
    folder = tmp_path_factory.mktemp("multitool")
    # Its hash is pinned; Debian's Python 3.11.2 has no filters for tarfile yet.
    subprocess.run(["tar", "-xzf", packed(*MULTITOOL), "--no-same-owner", "--directory", folder], check=True)
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
