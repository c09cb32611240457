"""image/Dockerfile under hadolint and Trivy: nothing is found but what is known."""

import json
import shutil
import subprocess
from pathlib import Path

from scanners import trivy

DOCKERFILE = Path(__file__).parents[2] / "image/Dockerfile"
BAD = "FROM debian\nRUN apt-get update\nRUN cd /tmp && sudo id\n"


# Versions of packages are those of the day: a pin would be gone from the archive in weeks. SECURITY_TOKEN_VAULT_PATH
# is a path, and its name alone alarms them.
KNOWN_TO_HADOLINT, KNOWN_TO_TRIVY = ["DL3008", "DL3064"], ["DS-0031"]


def _hadolint(tools: Path, file: Path) -> list[str]:
    argv = [str(tools / "hadolint"), "--no-color", "--no-fail", "--format=json", "--disable-ignore-pragma", str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=file.parent, timeout=60)
    return sorted(one["code"] for one in json.loads(done.stdout))


def test_hadolint(tools: Path, tmp_path: Path) -> None:
    assert _hadolint(tools, DOCKERFILE) == KNOWN_TO_HADOLINT
    (tmp_path / "Dockerfile").write_text(BAD)
    assert "DL3004" in _hadolint(tools, tmp_path / "Dockerfile")


def test_trivy(tools: Path, tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    for name, text in {"ours": DOCKERFILE.read_text(), "bad": BAD}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(text)
    found = {name: [one["ID"] for one in trivy.findings(tools, tmp_path / name, tmp_path / "scratch")]
             for name in ("ours", "bad")}  # fmt: skip
    assert found["ours"] == KNOWN_TO_TRIVY
    assert "DS-0002" in found["bad"]


def test_trivy_finds_no_secret_in_what_goes_into_the_image(tools: Path, tmp_path: Path) -> None:
    """The build context less what .dockerignore keeps out, and as the control a token of a kind that it knows."""
    root, context = DOCKERFILE.parents[1], tmp_path / "context"
    shutil.copytree(root / "image", context / "image")
    shutil.copytree(root / "src/catalyst", context / "src/catalyst", ignore=shutil.ignore_patterns("__pycache__"))

    def secrets() -> list[str]:
        report = tmp_path / "secrets.json"
        argv = [str(tools / "trivy"), "fs", *trivy.QUIET, "--secret-config=", "--scanners=secret",
                f"--cache-dir={tmp_path}/cache", "--format=json", f"--output={report}", str(context)]  # fmt: skip
        subprocess.run(argv, check=True, capture_output=True, cwd=tmp_path, env={"HOME": str(tmp_path)}, timeout=120)
        results = json.loads(report.read_text()).get("Results", [])
        return [found["RuleID"] for one in results for found in one.get("Secrets", [])]

    assert secrets() == []
    (context / "bait.txt").write_text("token = " + "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2)
    assert secrets() == ["github-pat"]
