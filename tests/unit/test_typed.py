"""Commands that the guides tell people to type, and that no other test types."""

import os
from pathlib import Path

import pytest

from catalyst.cli.main import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that everything is typed in, with a HOME of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("words", [("show",), ("explain", "execution"), ("diff", "normal", "high"), ("flags",)])
def test_the_views_of_the_policy(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", *words]) == 0
    assert "xecut" in capsys.readouterr().out or words == ("flags",)


def test_a_rule_is_saved(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For the next start; without --save there must be an instance to take it."""
    assert main(["egress", "allow", "example.org"]) == 1
    assert "no instance runs" in capsys.readouterr().err
    assert main(["egress", "allow", "*.example.org:8443", "--save"]) == 0
    assert main(["egress", "deny", "huggingface.co", "--save"]) == 0
    assert main(["egress", "list", "--network-mode", "restricted"]) == 0
    rules = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line}
    assert "*.example.org:8443" in rules
    assert "huggingface.co" not in rules


def test_packs_are_recorded_and_a_changed_one_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack = folder / "ComfyUI/custom_nodes/pack"
    pack.mkdir(parents=True)
    (folder / "ComfyUI/main.py").write_text("pass\n")
    (folder / "ComfyUI/comfyui_version.py").write_text('__version__ = "0.28.0"\n')
    (pack / "__init__.py").write_text("one = 1\n")
    typed = ["audit", "--data", str(folder / "data"), "ComfyUI"]
    assert main(["audit", "--record-nodes", *typed[1:]]) == 0
    assert main([*typed, "--allow-incomplete"]) == 0
    (pack / "__init__.py").write_text("one = 2\n")
    os.utime(pack / "__init__.py", (0, 0))  # by its content, not by its time
    assert main(typed) == 13
    assert "pack was changed" in capsys.readouterr().out
