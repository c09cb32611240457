"""Trivy without a network, and without anything that the scanned folder or the environment could tell it (audit.md §2)."""

import json
import subprocess
from pathlib import Path
from typing import Any

QUIET = ("--quiet", "--skip-check-update", "--disable-telemetry", "--skip-version-check", "--config=", "--ignorefile=")
FOUND = 10  # no failure of its own ends with this


def findings(tools: Path, folder: Path, scratch: Path) -> list[dict[str, Any]]:
    """Misconfigurations in the files of `folder`; AssertionError where it scanned none."""
    report = scratch / "report.json"
    argv = [str(tools / "trivy"), "config", *QUIET, f"--cache-dir={scratch}", f"--exit-code={FOUND}", "--format=json",
            f"--output={report}", str(folder)]  # fmt: skip
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=scratch, env={"HOME": str(scratch)},
                          timeout=120)  # fmt: skip
    assert done.returncode in {0, FOUND}, done.stderr
    results = json.loads(report.read_text())["Results"]
    assert sum(one["MisconfSummary"]["Successes"] for one in results) > 0
    return [found for one in results for found in one.get("Misconfigurations", [])]
