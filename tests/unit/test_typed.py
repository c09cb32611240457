"""Commands that the guides tell people to type, and what they say of settings, where no other test does it."""

import os
from pathlib import Path

import pytest

from catalyst.cli.main import main
from catalyst.container import prepare
from catalyst.errors import SettingsError
from catalyst.instance import egress
from catalyst.settings import load
from documents import pages, quoted


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


@pytest.mark.parametrize("mode", ["public", "isolated"])
def test_where_there_are_no_rules_the_mode_is_said(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["egress", "list", "--network-mode", mode]) == 0
    assert capsys.readouterr().out.startswith(f"{mode}: ")


def test_what_would_allow_a_host_names_the_instance(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was asked for, where a bare command would ask another."""
    monkeypatch.setattr(egress, "_listed", lambda _: {"refused": [{"host": "a.org", "instead": "a.org"}]})
    data = str(folder / "two words")
    (one,) = egress.last_refused(load({"data": data}, {}))
    assert one["allow"] == f"catalyst egress allow 'a.org' --data '{data}'"
    (one,) = egress.last_refused(load({}, {"CATALYST_DATA": data}))
    assert one["allow"] == "catalyst egress allow 'a.org'"


def test_in_a_container_nobody_is_told_to_start_another(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["token", "link"]) == 1
    assert "catalyst up" in capsys.readouterr().err
    monkeypatch.setattr(prepare, "inside", lambda: True)
    assert main(["token", "link"]) == 1
    said = capsys.readouterr().err
    assert "catalyst up" not in said
    assert "docker logs NAME" in said


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


# What docs/guides/moving.md says of other images' values: refused, and taken.
REFUSED = [
    *(("SECURITY_LEVEL", value) for value in ("normal-", "weak", "strong")),
    *(("NETWORK_MODE", value) for value in ("personal_cloud", "private", "offline")),
    *(("COMFYUI_FLAGS", value) for value in ("--listen", "--port", "--base-directory", "--enable-manager", "--fast")),
]
TAKEN = [("SECURITY_LEVEL", "normal"), ("NETWORK_MODE", "paranoid"), ("COMFYUI_FLAGS", ""), ("VERIFY_CHECKSUMS", "true"),
         ("CATALYST_USER", "1024:1024"), ("CIVITAI_LORAS_TO_DOWNLOAD", "182404,445135"), ("DOWNLOAD_TIMEOUT", "3600")]


@pytest.mark.parametrize(("variable", "value"), REFUSED)
def test_a_value_of_another_image_is_refused(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        load({}, {"HOME": "/nowhere", variable: value})
    assert {variable, value} <= set(quoted(pages()["docs/guides/moving.md"]))


@pytest.mark.parametrize(("variable", "value"), TAKEN)
def test_a_value_of_another_image_is_taken(variable: str, value: str) -> None:
    load({}, {"HOME": "/nowhere", variable: value})
