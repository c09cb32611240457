"""How ComfyUI is started at each level, and what its owner is told."""

from pathlib import Path

import pytest

from catalyst.settings import Settings, load
from catalyst.workloads import comfyui
from catalyst.workloads.interpreter import Interpreter

PYTHON = Interpreter("/venv/bin/python", ())


def settings(data: Path, level: str) -> Settings:
    return load({"security_level": level, "data": str(data), "network_mode": "isolated"}, environ={})


def tree(folder: Path) -> Path:
    (folder / "comfyui_version.py").write_text('__version__ = "99.0.0"\n')
    return folder


def test_nodes_may_install_at_normal_alone(tmp_path: Path) -> None:
    for level in ("high", "maximum"):
        made = comfyui.workload(settings(tmp_path, level), tree(tmp_path), PYTHON, 1)
        assert made.argv[:3] == ("/venv/bin/python", "-u", "/opt/comfyui/main.py")
        assert not [word for word in (*made.argv, *made.env.values()) if "/data/packages" in word]
    made = comfyui.workload(settings(tmp_path, "normal"), tree(tmp_path), PYTHON, 1)
    assert made.argv[:4] == ("/venv/bin/python", "-I", "/opt/catalyst/catalyst/guard/packages.py", "/data/packages")
    assert made.argv[4:6] == ("-u", "/opt/comfyui/main.py")


@pytest.mark.parametrize("name", ["ComfyUI-Manager", "comfyui_manager", "comfyui-manager"])
def test_a_manager_from_high_on_is_told_of(tmp_path: Path, name: str) -> None:
    (tmp_path / "custom_nodes" / name).mkdir(parents=True)
    assert comfyui.notices(settings(tmp_path, "normal"), tree(tmp_path)) == []
    for level in ("high", "maximum"):
        (said,) = comfyui.notices(settings(tmp_path, level), tree(tmp_path))
        assert said.startswith("ComfyUI-Manager installs nothing at this level")


def test_without_a_manager_nothing_is_said(tmp_path: Path) -> None:
    assert comfyui.notices(settings(tmp_path, "maximum"), tree(tmp_path)) == []  # there is no custom_nodes at all
    (tmp_path / "custom_nodes/another-pack").mkdir(parents=True)
    assert comfyui.notices(settings(tmp_path, "maximum"), tree(tmp_path)) == []


def test_an_old_checkout_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "comfyui_version.py").write_text('__version__ = "0.3.64"\n')
    (said,) = comfyui.notices(settings(tmp_path, "normal"), tmp_path)
    assert "0.3.64 is older than 0.28.0" in said


def test_metadata_stays_out_of_pictures_where_asked_and_always_when_paranoid(tmp_path: Path) -> None:
    for given, without in (({}, False), ({"disable_metadata": "true"}, True), ({"paranoid_mode": "true"}, True),
                           ({"paranoid_mode": "true", "disable_metadata": "false"}, True)):  # fmt: skip
        made = comfyui.workload(load({**given, "data": str(tmp_path)}, environ={}), tree(tmp_path), PYTHON, 1)
        assert ("--disable-metadata" in made.argv) is without, given
