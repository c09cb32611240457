"""Our AppArmor profile enforced by a kernel, alone: no namespace, no filter, no Landlock, no change of owner or mode.

Each attempt succeeds first as the same user under no profile.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from catalyst.policy.build import build
from catalyst.render.lsm import apparmor
from catalyst.render.target import Facts
from catalyst.workloads.model import Mount
from strategies import sandbox
from vm import layout, machine, rendered

pytestmark = pytest.mark.lane("vm")
BOOTED = [*((level, mode) for level in rendered.LEVELS for mode in ("public", "isolated"))]

NEVER = ("alg", "vsock", "write-code", "write-outside", "read-outside", "read-shadow", "read-keys", "ptrace", "signal",
         "leave", "gpu", "run-memory")  # fmt: skip
FROM_HIGH_ON = ("write-models", "write-nodes", "truncate-model", "run-output", "run-tmp", "run-loader",
                "map-output")  # fmt: skip
WORKS = ("unix", "tcp", "write-output", "write-tmp", "read-models", "locked", "moved", "thread-name", "run-system",
         "map-cache", "limits")  # fmt: skip
AS_ROOT = ("packet", "raw", "core-pattern", "sysfs", "mount", "bind", "unmount", "pivot", "chown", "setuid")
NOT_COVERED = ("user-namespace",)  # said in the profile: abi 3.0 has no word for it
USER = (*NEVER, *FROM_HIGH_ON, *WORKS, "udp", "read-odd", "read-like", *NOT_COVERED)
GUARDED = ("door", "write-output", "run-system", "unix", "write-outside", "alg")


@dataclass(frozen=True)
class Booted:
    """What the machine said, and the profiles' names by level and mode."""

    words: dict[str, Any]
    names: dict[tuple[str, str], str]


def _name(level: str, mode: str, gpu: str = "none") -> str:
    settings = rendered.settings_of(level, mode, gpu)
    return apparmor.profile(build(settings), sandbox(settings)).name


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Booted:
    """One boot: the control, every profile, the guard, and what Catalyst finds there."""
    archive, lines = machine.base(), []
    layout.sandbox(archive)
    archive.copy("etc/apparmor.d/abi/3.0", Path("/etc/apparmor.d/abi/3.0"))
    archive.file("etc/apparmor/parser.conf", b"")
    argv = ("/usr/bin/python3", "-I", "-S", "/opt/probe/probe.py", "guarded", *GUARDED)
    for name in ("maximum", "high", "normal"):
        plan = rendered.plan(rendered.settings_of(name, "isolated"), Facts(root=True, landlock=2), argv, door=True)
        archive.file(f"plans/{name}", plan.replace("guarded", f"guarded-{name}").encode(), 0o644)
    lines.append(f"$ENTER none - 1000 $PROBE user/none {' '.join(USER)}")
    lines.append(f"$ENTER none - 0 $PROBE root/none {' '.join(AS_ROOT)}")
    names = {}
    for level, mode in BOOTED:
        name = names[level, mode] = _name(level, mode)
        archive.file(f"profiles/{name}", rendered.text("apparmor", rendered.settings_of(level, mode)).encode())
        lines.append(f"$ENTER none - 1000 $PYTHON /opt/probe/look.py before/{level}-{mode} apparmor {name} {name}")
        lines.append(f"apparmor_parser -r -K /profiles/{name} || echo '@@ parser false'")
        lines.append(f"$ENTER apparmor {name} 1000 $PROBE user/{level}-{mode} {' '.join(USER)}")
    gpu = _name("high", "public", "nvidia")
    archive.file(
        f"profiles/{gpu}", rendered.text("apparmor", rendered.settings_of("high", "public", "nvidia")).encode()
    )
    lines.append(f"apparmor_parser -r -K /profiles/{gpu} && $ENTER apparmor {gpu} 1000 $PROBE user/gpu gpu alg")
    high = names["high", "isolated"]
    _, _, bare = rendered.text("apparmor", rendered.settings_of("high", "isolated")).partition("\n")
    archive.file("profiles/bare", bare.replace(high, "bare").encode())
    load, run = "apparmor_parser -r -K /profiles", "1000 $PROBE user"
    lines.append(f"{load}/bare && $ENTER apparmor bare {run}/bare alg vsock write-outside")
    odd = apparmor.profile(build(rendered.settings_of("high", "isolated")), sandbox(None, Mount("/srv/x", layout.ODD)))
    archive.file("profiles/odd", odd.text.encode())
    lines.append(f"{load}/odd && $ENTER apparmor {odd.name} {run}/odd read-odd read-like")
    lines.append(f"$ENTER apparmor {high} 0 $PROBE root/high {' '.join(AS_ROOT)}")
    lines.append(f"$ENTER none - 1000 $PYTHON /opt/probe/look.py after apparmor {high} {high}")
    lines.append(f"$ENTER none - 1000 $PYTHON /opt/probe/look.py other apparmor {high[:-1]} {high[:-1]}")
    for level in ("normal", "high", "maximum"):
        guard = "$PYTHON /opt/catalyst/catalyst/guard/__main__.py /run/catalyst/plan.json"
        lines.append(f"busybox cp /plans/{level} /run/catalyst/plan.json")
        lines.append(f'$ENTER apparmor {names[level, "isolated"]} 1000 {guard}; echo "@@ guard-{level} $?"')
    said = machine.boot(archive, "\n".join(lines), "security=apparmor apparmor=1", tmp_path_factory.mktemp("vm"))
    assert "parser" not in said.words, said.everything
    return Booted(said.words, names)


def test_the_control_every_attempt_succeeds_without_a_profile(booted: Booted) -> None:
    assert booted.words["user/none"] == dict.fromkeys(USER, "done") | {"limits": "ERANGE"}
    assert booted.words["root/none"] == dict.fromkeys(AS_ROOT, "done")


@pytest.mark.parametrize(("level", "mode"), BOOTED)
def test_what_is_never_allowed(booted: Booted, level: str, mode: str) -> None:
    answers = booted.words[f"user/{level}-{mode}"]
    assert {name: answers[name] for name in NEVER} == dict.fromkeys(NEVER, "EACCES")


@pytest.mark.parametrize(("level", "mode"), BOOTED)
def test_code_from_high_on(booted: Booted, level: str, mode: str) -> None:
    answers = booted.words[f"user/{level}-{mode}"]
    found = {name: answers[name] for name in FROM_HIGH_ON}
    assert found == dict.fromkeys(FROM_HIGH_ON, "done" if level == "normal" else "EACCES")


@pytest.mark.parametrize(("level", "mode"), BOOTED)
def test_what_must_work_works(booted: Booted, level: str, mode: str) -> None:
    answers = booted.words[f"user/{level}-{mode}"]
    assert {name: answers[name] for name in WORKS} == dict.fromkeys(WORKS, "done")
    assert answers["udp"] == ("done" if mode == "public" else "EACCES")


def test_what_it_does_not_cover_is_not_covered(booted: Booted) -> None:
    """Should this change, the profile's comment and the guide are wrong."""
    found = [booted.words[f"user/{level}-{mode}"] for level, mode in BOOTED]
    assert {answers[name] for answers in found for name in NOT_COVERED} == {"done"}


def test_without_its_first_line_the_profile_loads_and_lets_every_socket_through(booted: Booted) -> None:
    """Why `abi` stands first: files are still confined, so nobody would notice."""
    assert booted.words["user/bare"] == {"alg": "done", "vsock": "done", "write-outside": "EACCES"}


@pytest.mark.parametrize("name", AS_ROOT)
def test_root_under_the_profile(booted: Booted, name: str) -> None:
    assert booted.words["root/high"][name] in {"EACCES", "EPERM"}


def test_a_gpus_node_only_where_it_was_asked_for(booted: Booted) -> None:
    assert booted.words["user/gpu"] == {"gpu": "done", "alg": "EACCES"}
    assert booted.words["user/high-public"]["gpu"] == "EACCES"


@pytest.mark.parametrize("level", rendered.LEVELS)
def test_the_guard_works_under_the_profile(booted: Booted, level: str) -> None:
    assert booted.words[f"guard-{level}"] == 0
    refused = {"write-outside": "EACCES", "alg": "EPERM"}  # the guard's filter is asked before the profile
    assert booted.words[f"guarded-{level}"] == dict.fromkeys(GUARDED, "done") | refused


def test_catalyst_finds_the_profile_as_a_user(booted: Booted) -> None:
    assert booted.words["before/normal-public"] == {"enforced": ["apparmor"], "loaded": False}
    assert booted.words["after"] == {"enforced": ["apparmor"], "loaded": True}
    assert booted.words["other"] == {"enforced": ["apparmor"], "loaded": False}, "a name that only begins the same"


def _parse(text: str) -> "subprocess.CompletedProcess[str]":
    """Syntax, includes and abi; no kernel is asked."""
    return subprocess.run(["apparmor_parser", "-Q", "-K", "-N"], input=text, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("gpu", ["none", "nvidia", "amd", "intel"])
@pytest.mark.parametrize(("level", "mode"), rendered.ALL)
def test_every_profile_is_parsed(level: str, mode: str, gpu: str) -> None:
    done = _parse(rendered.text("apparmor", rendered.settings_of(level, mode, gpu)))
    assert (done.returncode, done.stdout.strip()) == (0, _name(level, mode, gpu)), done.stderr


def test_the_parser_would_notice() -> None:
    text = rendered.text("apparmor", rendered.settings_of("high", "isolated"))
    for old, new in (("network inet stream", "network inet strem"), ("abi/3.0", "abi/0.0"), ("mrix", "mrixq")):
        assert old in text
        assert _parse(text.replace(old, new)).returncode != 0, new


@pytest.mark.parametrize(
    "path", ["/srv/a b", "/srv/{x}", "/srv/[y]*?", "/srv/^@{PROC}", "/srv/é", "/srv/#c", "/srv/\\"]
)
def test_every_path_is_parsed(path: str) -> None:
    settings = rendered.settings_of("high", "isolated")
    assert _parse(apparmor.profile(build(settings), sandbox(settings, Mount("/srv/x", path))).text).returncode == 0


def test_a_path_is_never_read_as_a_pattern(booted: Booted) -> None:
    """The interpreter's folder is named as the owner pleases: [y]*z must not be y1z."""
    assert booted.words["user/odd"] == {"read-odd": "done", "read-like": "EACCES"}
