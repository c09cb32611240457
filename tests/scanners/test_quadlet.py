"""What `catalyst render quadlet` prints, read by podman's own generator."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalyst.guard.record import replace
from catalyst.policy.build import build
from catalyst.render.target import Facts, Sandbox, targets
from catalyst.render.targets.quadlet import SECCOMP
from catalyst.settings import Settings
from catalyst.workloads.model import Mount
from scanners import quadlet
from strategies import sandbox, settings_with
from unit.render.test_quadlet import units

CASES = {
    "normal": {"security_level": "normal", "network_mode": "public", "gpu": "nvidia"},
    "high": {"security_level": "high", "network_mode": "restricted", "gpu": "amd"},
    "maximum": {"security_level": "maximum", "network_mode": "isolated", "self_signed": "true"},
    "paranoid": {"paranoid_mode": "true"},
}
HOST = Facts(gpu=("/dev/kfd", "/dev/dri"), groups=(44,))
MADE = {"catalyst-front", "catalyst-workload", "catalyst-network", "catalyst-state-volume", "catalyst-door-volume"}
# What quadlet says in its own way, and what two.words() and the target leave out.
ITS_OWN = {"--rm", "--name", "--label", "--log-driver", "--interactive", "--no-hosts"}
ALONE = {"--rm", "--interactive", "--read-only", "--replace", "-d"}


def _written(folder: Path, settings: Settings, host: Facts) -> None:
    for name, lines in units(settings, host).items():
        kind = next(section for section, _, _ in lines).lower()
        sections = dict.fromkeys(section for section, _, _ in lines)
        text = "".join(f"[{one}]\n" + "".join(f"{key}={value}\n" for section, key, value in lines if section == one)
                       for one in sections)  # fmt: skip
        (folder / f"{name}.{kind}").write_text(text)


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            return  # the image
        option, equals, value = word.partition("=")
        yield option, value if equals or word in ALONE else next(rest)


def _of_podman(settings: Settings, made: Sandbox, host: Facts) -> set[tuple[str, str]]:
    """The options of `podman run`, less what is the image's here, in the generator's spelling."""
    argv = targets()["podman"].render(build(settings), made, host).argv
    found = set()
    for option, value in _options(list(argv[2:])):
        if option in {*ITS_OWN, "--workdir", "--entrypoint"} or f"source={made.session}/" in value:
            continue
        if f"source={made.package}/" not in value:
            value = value.replace(f"{made.session}/seccomp.json", SECCOMP)
            found.add((option, value.lower() if option == "--cap-drop" else value))
    return found


@pytest.mark.parametrize("root", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_the_generator_says_to_podman_what_the_policy_says(tmp_path: Path, name: str, root: bool) -> None:
    """Every option of `podman run` arrives, and the workload is given none that would open something."""
    settings = settings_with(**CASES[name])
    host = replace(HOST, root=root, rootless=not root)
    _written(tmp_path, settings, host)
    made, said = quadlet.services(tmp_path, user=not root)
    assert MADE <= made.keys() <= MADE | {"catalyst-out-volume"}
    assert "rror" not in said, said
    words = quadlet.command(made["catalyst-workload"])[2:]
    given = set(_options(words))
    assert given >= _of_podman(settings, sandbox(settings), host)
    assert not {option for option, _ in given} & {"--privileged", "--cap-add", "--publish", "--pid", "--env-host"}
    assert words[-3:] == ["catalyst-comfyui", "catalyst-entrypoint", "workload"]
    assert ("--sdnotify", "healthy") in _options(quadlet.command(made["catalyst-front"])[2:])


def test_a_strange_path_arrives_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/srv/da ta/50% of $HOME's \\n {x}"
    monkeypatch.setattr("unit.render.test_quadlet.sandbox", lambda given: sandbox(given, Mount(path, path)))
    _written(tmp_path, settings_with(), Facts())
    made, _ = quadlet.services(tmp_path, user=True)
    mounts = [value for option, value in _options(quadlet.command(made["catalyst-workload"])[2:]) if option == "--mount"]
    assert f"type=bind,source={path},target={path},readonly" in mounts


def test_it_would_say_so_if_a_key_were_wrong(tmp_path: Path) -> None:
    """The control of the two above."""
    (tmp_path / "bad.container").write_text("[Container]\nImage=localhost/x:1\nNoSuchKey=1\n")
    argv = [str(quadlet.program()), "-dryrun", "-user"]
    done = subprocess.run(argv, env={"QUADLET_UNIT_DIRS": str(tmp_path)}, capture_output=True, text=True, check=False,
                          timeout=60)  # fmt: skip
    assert (done.returncode, "unsupported key 'NoSuchKey'" in done.stderr) == (1, True)


def test_the_models_unit_ends_and_counts_as_started(tmp_path: Path) -> None:
    """With Type=notify, the generator's default, systemd would wait for a word that never comes."""
    _written(tmp_path, settings_with(hf_repos_to_download="owner/repo", network_mode="isolated"), Facts())
    made, said = quadlet.services(tmp_path, user=True)
    assert "rror" not in said, said
    assert "\nType=oneshot\n" in made["catalyst-fetch"]
    words = quadlet.command(made["catalyst-fetch"])[2:]
    assert words[-3:] == ["catalyst-comfyui", "catalyst-entrypoint", "fetch"]
    assert not {option for option, _ in _options(words)} & {"--privileged", "--cap-add", "--publish", "--sdnotify"}
    assert "\nRequires=catalyst-front.service catalyst-fetch.service\n" in made["catalyst-workload"]
