"""Which profile docker and podman are given, and what is said where it is not loaded. Enforcement is in tests/vm."""

import shlex
from pathlib import Path

import pytest

from catalyst.engine import process, security_modules
from catalyst.engine.engine import Engine, engines
from catalyst.guard.record import replace
from catalyst.instance import examine, prepare, profiles
from catalyst.instance.prepare import Prepared
from catalyst.policy.build import build
from catalyst.render.lsm import profiles as rendered
from catalyst.render.lsm.profile import Profile
from catalyst.settings import Settings
from catalyst.workloads import canary
from complaint import real
from strategies import sandbox, settings_with

OURS = Profile("apparmor", "catalyst-0123456789ab", "catalyst-0123456789ab", "", "")
HIGH = {"security_level": "high", "network_mode": "isolated", "app": "canary"}


def _profile_folder(root: Path, name: str, mode: str, number: int = 3) -> None:
    folder = root / f"{name}.{number}"
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{name}\n")
    (folder / "mode").write_text(f"{mode}\n")


@pytest.mark.parametrize(("name", "mode", "found"), [
    (OURS.name, "enforce", True),
    (OURS.name, "complain", False),
    (OURS.name, "kill", False),
    ("docker-default", "enforce", False),
])  # fmt: skip
def test_a_profile_counts_when_it_is_enforced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, mode: str, found: bool
) -> None:
    monkeypatch.setattr(security_modules, "POLICY", tmp_path)
    _profile_folder(tmp_path, name, mode)
    assert security_modules.loaded(OURS) is found


def test_no_module_in_the_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APPARMOR", "POLICY", "SELINUX"):
        monkeypatch.setattr(security_modules, name, tmp_path / "nowhere")
    assert security_modules.enforced() == frozenset()
    assert not any(security_modules.loaded(one) for one in rendered.of(build(settings_with()), sandbox()))


@pytest.mark.parametrize(("word", "found"), [("1", {"selinux"}), ("0", set())])
def test_selinux_counts_when_it_enforces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, found: set[str]
) -> None:
    monkeypatch.setattr(security_modules, "APPARMOR", tmp_path / "nowhere")
    monkeypatch.setattr(security_modules, "SELINUX", tmp_path)
    (tmp_path / "enforce").write_text(word)
    assert security_modules.enforced() == found


DOCKER = "[name=apparmor name=seccomp,profile=default name=cgroupns]"


@pytest.mark.parametrize(("client", "said", "found"), [
    ("docker", DOCKER, {"apparmor"}),
    ("docker", DOCKER.replace("apparmor", "selinux"), {"selinux"}),
    ("docker", DOCKER.replace("]", " name=rootless]"), set()),
    ("docker", "", set()),
    ("podman", "true false\n", {"apparmor"}),
    ("podman", "false true\n", {"selinux"}),
    ("podman", "", set()),
    ("bwrap", "true true\n", set()),
])  # fmt: skip
def test_what_an_engine_applies(monkeypatch: pytest.MonkeyPatch, client: str, said: str, found: set[str]) -> None:
    monkeypatch.setattr(process, "run", lambda *_argv, **_more: process.Done(0, said, ""))
    assert engines()[client].modules() == found


def _ready(monkeypatch: pytest.MonkeyPatch, engine: str, settings: Settings, *, module: str, loaded: bool) -> Prepared:
    """A start on a host with one module, whose profiles are all loaded or none is."""
    monkeypatch.setattr(security_modules, "enforced", lambda: frozenset({module}))
    monkeypatch.setattr(security_modules, "loaded", lambda _: loaded)
    applies = frozenset[str]() if engine == "bwrap" else frozenset({module})
    made: Engine = replace(engines()[engine], modules=lambda: applies, rootless=lambda: False)
    return prepare.prepare(settings, made, lambda _policy, python: canary.workload(settings, python, 8188, engine),
                           name="x", folder=Path("/srv/x"))  # fmt: skip


@pytest.mark.parametrize("module", ["apparmor", "selinux"])
@pytest.mark.parametrize("client", ["docker", "podman", "bwrap"])
def test_a_loaded_profile_is_taken_and_another_is_named(
    monkeypatch: pytest.MonkeyPatch, client: str, module: str
) -> None:
    word = {"apparmor": "--security-opt=apparmor=", "selinux": "--security-opt=label=type:"}[module]
    there = _ready(monkeypatch, client, settings_with(**HIGH), module=module, loaded=True)
    assert [one.startswith(word) for one in there.outer.argv].count(True) == (client != "bwrap")
    assert profiles.missing(there) == []
    absent = _ready(monkeypatch, client, settings_with(**HIGH), module=module, loaded=False)
    assert not any(one.startswith(word) for one in absent.outer.argv)
    assert len(profiles.missing(absent)) == (client != "bwrap")


@pytest.mark.parametrize("module", ["apparmor", "selinux"])
@pytest.mark.parametrize(
    "options", [{}, HIGH, {"security_level": "maximum", "gpu": "amd"}], ids=["plain", "high", "gpu"]
)
def test_the_command_that_is_named_prints_the_profile_that_is_missed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: str, options: dict[str, str]
) -> None:
    settings = settings_with(**{"app": "canary", "data": str(tmp_path), **options})
    ready = _ready(monkeypatch, "docker", settings, module=module, loaded=False)
    wanted = next(one for one in rendered.of(ready.policy, ready.sandbox) if one.module == module)
    command = profiles.missing(ready)[0].partition(": ")[2]
    words = shlex.split(command.partition("|" if module == "apparmor" else ">")[0])
    answer = real(*words[1:], env={"CATALYST_ENGINE": "docker"})
    assert answer.code == 0, answer.err
    assert answer.out == wanted.text + "\n" * (not wanted.text.endswith("\n"))
    assert wanted.name in answer.out
    assert command.endswith("sudo apparmor_parser -r" if module == "apparmor" else profiles.TEMPLATES)


def test_the_name_follows_the_text() -> None:
    """Same rules, same name, whatever the host; other rules or other paths, another name."""
    names: dict[str, set[str]] = {}
    for level in ("normal", "high", "maximum"):
        for mode in ("public", "restricted", "isolated"):
            for gpu in ("none", "nvidia"):
                settings = settings_with(security_level=level, network_mode=mode, gpu=gpu)
                for one in rendered.of(build(settings), sandbox(settings)):
                    names.setdefault(one.text.replace(one.name, ""), set()).add(one.name)
    assert all(len(found) == 1 for found in names.values())
    assert len({name for found in names.values() for name in found}) == len(names) == 6 + 2


def test_doctor_says_which_profile_is_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = settings_with(app="canary", data=str(tmp_path), engine="docker")
    monkeypatch.setattr(security_modules, "enforced", lambda: frozenset({"apparmor"}))
    for loaded, word in ((True, " is loaded"), (False, " is not loaded: catalyst render apparmor ")):
        monkeypatch.setattr(security_modules, "loaded", lambda _, answer=loaded: answer)
        assert word in examine.host(settings)["AppArmor profile"]
    monkeypatch.setattr(security_modules, "enforced", frozenset)
    assert not [name for name in examine.host(settings) if "profile" in name]
