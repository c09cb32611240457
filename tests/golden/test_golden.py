"""Every target × six settings for one fixed host and one fixed sandbox. `pytest --update` rewrites; review the diff."""

import shlex
from pathlib import Path

import pytest

from catalyst.guard.plan import decode
from catalyst.policy.build import build
from catalyst.policy.controls.masked_paths import PATHS
from catalyst.render.lsm import profiles
from catalyst.render.target import Facts, Rendered, targets
from strategies import sandbox, settings_with

HERE = Path(__file__).parent
SETTINGS: dict[str, dict[str, str]] = {
    "normal-public": {"security_level": "normal", "network_mode": "public"},
    "high-restricted": {"security_level": "high", "network_mode": "restricted"},
    "maximum-isolated": {"security_level": "maximum", "network_mode": "isolated"},
    "paranoid": {"paranoid_mode": "true", "security_token_vault_path": "/srv/secrets/vault.age"},
    "gpu-nvidia": {"gpu": "nvidia"},
    "gpu-amd": {"gpu": "amd"},
}
NODES = {
    "nvidia": ("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm", "/sys/module/nvidia"),
    "amd": ("/dev/kfd", "/dev/dri", "/sys/class/kfd"),
}
# gpu-amd is on a host where nothing is root, so that both forms of every engine are in the goldens
USER = {"gpu-amd", "high-restricted"}


def _facts(name: str) -> Facts:
    gpu = SETTINGS[name].get("gpu", "")
    return Facts(
        landlock=7,
        notify=name != "gpu-amd",
        root=name not in USER,
        rootless=name in USER,
        etc=("/etc/ld.so.cache", "/etc/resolv.conf", "/etc/ssl/certs"),
        gpu=NODES.get(gpu, ()),
        groups=(44, 109) if gpu == "amd" else (),
        submounts=frozenset({"/", "/proc", "/srv/data/models/disk"}),
        kernel_files=PATHS,
        profiles=_loaded(name),
    )


def _loaded(name: str) -> frozenset[str]:
    """Of the two hosts with a GPU, one has our AppArmor profile loaded and one our SELinux module."""
    settings = settings_with(**SETTINGS[name])
    apparmor, selinux = profiles.of(build(settings), sandbox(settings))
    return frozenset({"gpu-nvidia": {apparmor.name}, "gpu-amd": {selinux.name}}.get(name, set()))


def _render(target: str, name: str) -> Rendered:
    settings = settings_with(**SETTINGS[name])
    return targets()[target].render(build(settings), sandbox(settings), _facts(name))


def _lines(rendered: Rendered) -> str:
    """One option with its values per line, then the gaps: a changed word is a changed line."""
    lines: list[str] = []
    for word in rendered.argv:
        quoted = shlex.quote(word)
        if word.startswith("-") or not lines:
            lines.append(quoted)
        else:
            lines[-1] += f" {quoted}"
    gaps = [f"{gap.control} ({gap.rule}): {'not' if gap.whole else 'partly'}: {gap.reason}" for gap in rendered.gaps]
    return "\n".join([*lines, *rendered.text.splitlines(), "", "gaps:", *gaps, ""])


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("target", targets())
def test_golden(target: str, name: str, request: pytest.FixtureRequest) -> None:
    file, found = HERE / target / f"{name}.txt", _lines(_render(target, name))
    if request.config.getoption("--update"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(found, encoding="utf-8")
    assert file.is_file(), "no golden file yet; pytest --update writes it"
    assert found == file.read_text(encoding="utf-8"), "if the change is meant: pytest --update, and review the diff"


def test_no_golden_file_is_left_over() -> None:
    wanted = {HERE / target / f"{name}.txt" for target in targets() for name in SETTINGS}
    assert set(HERE.glob("*/*.txt")) == wanted


@pytest.mark.parametrize("name", SETTINGS)
def test_the_guard_understands_every_golden_plan(name: str) -> None:
    text = (HERE / "guard" / f"{name}.txt").read_text(encoding="utf-8").partition("\n\ngaps:")[0]
    assert decode(text).uid == 1000
