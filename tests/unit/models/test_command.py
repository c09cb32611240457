"""The command: exit codes, what it prints, JSON and SARIF."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import harmful
from catalyst.models.scan import report
from catalyst.models.scan.finding import Finding
from catalyst.models.scan.rules import RULES
from support import COMMAND, own_environment


def scan(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, "scan", *words], env=own_environment(), capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(("name", "data", "code"), [
    ("a.pkl", harmful.EVIL, 14), ("a.pkl", harmful.call("some_package", "f"), 13),
    ("a.pkl", harmful.call("argparse", "Namespace"), 12), ("install.py", b"pass", 11),
    ("a.safetensors", harmful.safetensors({}), 0),
    ("a.onnx", b"\x08\x08", 3), ("a.pt", b"nothing known", 3),
])  # fmt: skip
def test_exit_codes(tmp_path: Path, name: str, data: bytes, code: int) -> None:
    (tmp_path / name).write_bytes(data)
    done = scan(str(tmp_path))
    assert done.returncode == code
    assert "No finding does not mean safe" in done.stdout
    assert done.stderr == ""


def test_nothing_scanned_is_not_fine(tmp_path: Path) -> None:
    assert scan(str(tmp_path)).returncode == 3


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    done = scan(str(tmp_path / "no"))
    assert done.returncode == 4
    assert done.stderr.startswith("catalyst: error: PATH")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_cannot_be_read_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(harmful.EVIL)
    (tmp_path / "a.pkl").chmod(0)
    assert scan(str(tmp_path)).returncode == 3


def test_names_that_a_terminal_would_obey(tmp_path: Path) -> None:
    for name in ("a\x1b[2J.pkl", "b\nc.pkl", os.fsdecode(b"\xff\xfe.pkl"), "-d.pkl", " "):
        (tmp_path / name).write_bytes(harmful.EVIL)
    done = scan("--json", str(tmp_path))
    assert done.returncode == 14
    assert json.loads(done.stdout)["counts"] | {"files": 5, "critical": 5} == json.loads(done.stdout)["counts"]
    assert "\x1b" not in scan(str(tmp_path)).stdout


def test_links_are_not_followed_below_a_folder_and_are_when_named(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "a.pkl").write_bytes(harmful.EVIL)
    (tmp_path / "models/link.pkl").symlink_to(tmp_path / "a.pkl")
    (tmp_path / "models/pipe").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "models/fifo")
    assert scan(str(tmp_path / "models/fifo")).returncode == 4
    assert scan(str(tmp_path / "models")).returncode == 3
    assert scan(str(tmp_path / "models/link.pkl")).returncode == 14


def test_the_reports(tmp_path: Path) -> None:
    (tmp_path / "b.pt").write_bytes(harmful.TRICKS["extra_member.pt"])
    (tmp_path / "node.py").write_text("x = 1\neval(x)\n")
    (tmp_path / "g.onnx").write_bytes(b"\x08")
    done = scan("--json", "--sarif", str(tmp_path / "r.sarif"), str(tmp_path))
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["counts"] == {"files": 3, "not_judged": 1, "critical": 1, "high": 0, "medium": 1, "low": 0}
    assert {(one["rule"], one["inside"], one["line"]) for one in found["findings"]} == {
        ("pickle-dangerous-global", "archive/data/evil", 1), ("node-exec", "", 2)}  # fmt: skip
    assert found["confined"]
    run = json.loads((tmp_path / "r.sarif").read_text())["runs"][0]
    assert {one["ruleId"] for one in run["results"]} == {"pickle-dangerous-global", "node-exec"}
    assert run["invocations"][0]["toolExecutionNotifications"]
    for rule in run["tool"]["driver"]["rules"]:
        assert 0 < float(rule["properties"]["security-severity"]) < 10
        assert len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
    assert all(one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("file:///")
               for one in run["results"])  # fmt: skip
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["partialFingerprints"]["primaryLocationLineHash"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1


@pytest.mark.parametrize(("path", "uri"), [("./a b/c#.pt", "a%20b/c%23.pt"), ("a.pt", "a.pt"), ("/a b.pt", "file:///a%20b.pt")])
def test_paths_in_sarif(path: str, uri: str) -> None:
    made = report.sarif(report.Report((), (Finding("node-exec", path, "eval"),), ()), [path])
    assert json.loads(made)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_every_rule_has_words_and_a_weakness() -> None:
    for rule in RULES.values():
        assert rule.title[0].islower() or rule.title[0].isdigit()
        assert rule.why.endswith(".")
        assert rule.cwe > 0
