"""Our AppArmor profile enforced by a kernel, alone: no namespace, no filter, no Landlock, no change of owner or mode.

Each attempt succeeds first as the same user under no profile.
"""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from catalyst.policy.build import build
from catalyst.render.lsm import apparmor
from catalyst.render.lsm.profile import Profile
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


def _profile(level: str, mode: str, gpu: str = "none", *more: Mount) -> Profile:
    settings = rendered.settings_of(level, mode, gpu)
    return apparmor.profile(build(settings), sandbox(settings, *more))


class Script:
    """What init does, line by line, and the files it needs."""

    def __init__(self) -> None:
        self.archive, self.lines = machine.base(), list[str]()
        layout.sandbox(self.archive)
        self.archive.copy("etc/apparmor.d/abi/3.0", Path("/etc/apparmor.d/abi/3.0"))
        self.archive.file("etc/apparmor/parser.conf", b"")

    def load(self, name: str, text: str) -> str:
        """The words that run something under the profile from now on."""
        self.archive.file(f"profiles/{name}", text.encode())
        self.lines.append(f"apparmor_parser -r -K /profiles/{name} || echo '@@ parser false'")
        return f"$ENTER apparmor {name}"

    def probe(self, enter: str, uid: int, label: str, attempts: tuple[str, ...]) -> None:
        self.lines.append(f"{enter} {uid} $PROBE {label} {' '.join(attempts)}")

    def look(self, label: str, name: str) -> None:
        self.lines.append(f"$ENTER none - 1000 $PYTHON /opt/probe/look.py {label} apparmor {name} {name}")

    def guard(self, enter: str, level: str) -> None:
        """The guard as docker starts it: already the workload's user."""
        argv = ("/usr/bin/python3", "-I", "-S", "/opt/probe/probe.py", f"guarded-{level}", *GUARDED)
        plan = rendered.plan(rendered.settings_of(level, "isolated"), Facts(root=True, landlock=2), argv, door=True)
        self.archive.file(f"plans/{level}", plan.encode())
        self.lines.append(f"busybox cp /plans/{level} /run/catalyst/plan.json")
        start = "$PYTHON /opt/catalyst/catalyst/guard/__main__.py /run/catalyst/plan.json"
        self.lines.append(f'{enter} 1000 {start}; echo "@@ guard-{level} $?"')


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One boot: the control, every profile, the guard, and what Catalyst finds there."""
    script, high = Script(), _profile("high", "isolated")
    script.probe("$ENTER none -", 1000, "user/none", USER)
    script.probe("$ENTER none -", 0, "root/none", AS_ROOT)
    script.look("before", high.name)
    for level, mode in BOOTED:
        one = _profile(level, mode)
        enter = script.load(one.name, one.text)
        script.probe(enter, 1000, f"user/{level}-{mode}", USER)
        if mode == "isolated":
            script.guard(enter, level)
    script.probe(f"$ENTER apparmor {high.name}", 0, "root/high", AS_ROOT)
    gpu, odd = _profile("high", "public", "nvidia"), _profile("high", "isolated", "none", Mount("/srv/x", layout.ODD))
    script.probe(script.load(gpu.name, gpu.text), 1000, "user/gpu", ("gpu", "alg"))
    script.probe(script.load(odd.name, odd.text), 1000, "user/odd", ("read-odd", "read-like"))
    bare = high.text.partition("\n")[2].replace(high.name, "bare")
    script.probe(script.load("bare", bare), 1000, "user/bare", ("alg", "vsock", "write-outside"))
    script.look("after", high.name)
    script.look("other", high.name[:-1])
    folder = tmp_path_factory.mktemp("vm")
    said = machine.boot(script.archive, "\n".join(script.lines), "security=apparmor apparmor=1", folder)
    assert "parser" not in said.words, said.everything
    return said.words


def test_the_control_every_attempt_succeeds_without_a_profile(words: dict[str, Any]) -> None:
    assert words["user/none"] == dict.fromkeys(USER, "done") | {"limits": "ERANGE"}
    assert words["root/none"] == dict.fromkeys(AS_ROOT, "done")


@pytest.mark.parametrize(("level", "mode"), BOOTED)
def test_what_is_never_allowed(words: dict[str, Any], level: str, mode: str) -> None:
    answers = words[f"user/{level}-{mode}"]
    assert {name: answers[name] for name in NEVER} == dict.fromkeys(NEVER, "EACCES")


@pytest.mark.parametrize(("level", "mode"), BOOTED)
def test_code_from_high_on(words: dict[str, Any], level: str, mode: str) -> None:
    answers = words[f"user/{level}-{mode}"]
    found = {name: answers[name] for name in FROM_HIGH_ON}
    assert found == dict.fromkeys(FROM_HIGH_ON, "done" if level == "normal" else "EACCES")


@pytest.mark.parametrize(("level", "mode"), BOOTED)
def test_what_must_work_works(words: dict[str, Any], level: str, mode: str) -> None:
    answers = words[f"user/{level}-{mode}"]
    assert {name: answers[name] for name in WORKS} == dict.fromkeys(WORKS, "done")
    assert answers["udp"] == "EACCES"


def test_what_it_does_not_cover_is_not_covered(words: dict[str, Any]) -> None:
    """Should this change, the profile's comment and the guide are wrong."""
    found = [words[f"user/{level}-{mode}"] for level, mode in BOOTED]
    assert {answers[name] for answers in found for name in NOT_COVERED} == {"done"}


def test_without_its_first_line_the_profile_loads_and_lets_every_socket_through(words: dict[str, Any]) -> None:
    """Why `abi` stands first: files are still confined, so nobody would notice."""
    assert words["user/bare"] == {"alg": "done", "vsock": "done", "write-outside": "EACCES"}


@pytest.mark.parametrize("name", AS_ROOT)
def test_root_under_the_profile(words: dict[str, Any], name: str) -> None:
    assert words["root/high"][name] in {"EACCES", "EPERM"}


def test_a_gpus_node_only_where_it_was_asked_for(words: dict[str, Any]) -> None:
    assert words["user/gpu"] == {"gpu": "done", "alg": "EACCES"}
    assert words["user/high-public"]["gpu"] == "EACCES"


@pytest.mark.parametrize("level", rendered.LEVELS)
def test_the_guard_works_under_the_profile(words: dict[str, Any], level: str) -> None:
    assert words[f"guard-{level}"] == 0
    refused = {"write-outside": "EACCES", "alg": "EPERM"}  # the guard's filter is asked before the profile
    assert words[f"guarded-{level}"] == dict.fromkeys(GUARDED, "done") | refused


def test_catalyst_finds_the_profile_as_a_user(words: dict[str, Any]) -> None:
    assert words["before"] == {"enforced": ["apparmor"], "loaded": False}
    assert words["after"] == {"enforced": ["apparmor"], "loaded": True}
    assert words["other"] == {"enforced": ["apparmor"], "loaded": False}, "a name that only begins the same"


def _parse(text: str) -> "subprocess.CompletedProcess[str]":
    """Syntax, includes and abi; no kernel is asked."""
    return subprocess.run(["apparmor_parser", "-Q", "-K", "-N"], input=text, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("gpu", ["none", "nvidia", "amd", "intel"])
@pytest.mark.parametrize(("level", "mode"), rendered.ALL)
def test_every_profile_is_parsed(level: str, mode: str, gpu: str) -> None:
    done = _parse(rendered.text("apparmor", rendered.settings_of(level, mode, gpu)))
    assert (done.returncode, done.stdout.strip()) == (0, _profile(level, mode, gpu).name), done.stderr


def test_the_parser_would_notice() -> None:
    text = rendered.text("apparmor", rendered.settings_of("high", "isolated"))
    for old, new in (("network inet stream", "network inet strem"), ("abi/3.0", "abi/0.0"), ("mrix", "mrixq")):
        assert old in text
        assert _parse(text.replace(old, new)).returncode != 0, new


@pytest.mark.parametrize(
    "path", ["/srv/a b", "/srv/{x}", "/srv/[y]*?", "/srv/^@{PROC}", "/srv/é", "/srv/#c", "/srv/\\"]
)
def test_every_path_is_parsed(path: str) -> None:
    assert _parse(_profile("high", "isolated", "none", Mount("/srv/x", path)).text).returncode == 0


def test_a_path_is_never_read_as_a_pattern(words: dict[str, Any]) -> None:
    """The interpreter's folder is named as the owner pleases: [y]*z must not be y1z."""
    assert words["user/odd"] == {"read-odd": "done", "read-like": "EACCES"}
