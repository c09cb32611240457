"""Our SELinux module enforced by a kernel, alone: no namespace, no filter, no Landlock, no change of owner or mode.

Base policy and templates are stand-ins (vm/policy): what is proved is that the module's type is enforced and what its
own lines and its choice of templates decide, not what container-selinux lets a container do.
"""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from catalyst.policy.build import build
from catalyst.render.lsm import selinux
from catalyst.render.lsm.profile import Profile
from strategies import sandbox
from vm import layout, machine, rendered

pytestmark = pytest.mark.lane("vm")
POLICY = Path(__file__).parent / "policy"
BASE = (POLICY / "base.cil", POLICY / "templates.cil")
DOMAINS = {"isolated": ("isolated", "none"), "gpu": ("isolated", "nvidia")}

NEVER = ("alg", "vsock", "write-outside", "read-outside", "read-shadow", "signal")
WORKS = ("unix", "tcp", "write-output", "write-tmp", "read-models", "locked", "moved", "thread-name", "run-system")
BY_NETWORK = ("udp", "tcp-port-5432")
AS_ROOT = ("packet", "raw", "core-pattern", "sysfs", "mount", "bind", "unmount", "chown", "setuid")
USER = (*NEVER, *WORKS, *BY_NETWORK, "gpu")

Words = dict[str, Any]


def _profile(domain: str) -> Profile:
    settings = rendered.settings_of("high", *DOMAINS[domain])
    return selinux.profile(build(settings), sandbox(settings))


def _compile(folder: Path, *modules: str) -> tuple[int, str, Path]:
    files = []
    for number, text in enumerate(modules):
        files.append(folder / f"module{number}.cil")
        files[-1].write_text(text)
    binary = folder / "policy"
    argv = ["secilc", "-o", str(binary), "-f", "/dev/null", *map(str, (*BASE, *files))]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr, binary


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Words:
    """One boot: the control, our domains, and what Catalyst finds there."""
    folder = tmp_path_factory.mktemp("vm")
    profiles = {domain: _profile(domain) for domain in DOMAINS}
    code, said, binary = _compile(folder, *(one.text for one in profiles.values()))
    assert code == 0, said
    archive = machine.base()
    layout.sandbox(archive)
    archive.file("policy", binary.read_bytes())
    isolated = profiles["isolated"]
    look = f"$PYTHON /opt/probe/look.py {{}} selinux {isolated.name} {{}}"
    lines = [
        "busybox mount -t selinuxfs selinuxfs /sys/fs/selinux",
        look.format("permissive", isolated.context),
        f"$ENTER none - 1000 $PROBE user/before {' '.join(USER)}",
        "$PYTHON /opt/probe/label.py /policy || echo '@@ policy false'",
        f"$ENTER none - 1000 $PROBE user/none {' '.join(USER)}",
        f"$ENTER none - 0 $PROBE root/none {' '.join(AS_ROOT)}",
        # the console belongs to the machine, as an engine's terminal does: what is confined writes into a pipe
        *(
            f"$ENTER selinux {one.context} 1000 $PROBE user/{domain} {' '.join(USER)} </dev/null 2>&1 | busybox cat"
            for domain, one in profiles.items()
        ),
        f"$ENTER selinux {isolated.context} 0 $PROBE root/isolated {' '.join(AS_ROOT)} </dev/null 2>&1 | busybox cat",
        f"$ENTER none - 1000 {look.format('enforcing', isolated.context)}",
        f"$ENTER none - 1000 {look.format('other', 'system_u:system_r:catalyst_000000000000.process:s0')}",
    ]
    booted = machine.boot(archive, "\n".join(lines), "security=selinux selinux=1 enforcing=0", folder)
    assert "policy" not in booted.words, booted.everything
    return booted.words


def test_the_control_every_attempt_succeeds_in_the_unconfined_domain(words: Words) -> None:
    assert words["user/none"] == words["user/before"] == dict.fromkeys(USER, "done")
    assert words["root/none"] == dict.fromkeys(AS_ROOT, "done")


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_is_never_allowed(words: Words, domain: str) -> None:
    assert {name: words[f"user/{domain}"][name] for name in NEVER} == dict.fromkeys(NEVER, "EACCES")


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_must_work_works(words: Words, domain: str) -> None:
    assert {name: words[f"user/{domain}"][name] for name in WORKS} == dict.fromkeys(WORKS, "done")


def test_every_network_mode_has_the_same_module() -> None:
    texts = {_mode(mode).text for mode in rendered.MODES}
    assert len(texts) == 1


def _mode(mode: str) -> Profile:
    settings = rendered.settings_of("high", mode, "none")
    return selinux.profile(build(settings), sandbox(settings))


@pytest.mark.parametrize("domain", DOMAINS)
def test_sockets_beyond_loopback(words: Words, domain: str) -> None:
    assert {name: words[f"user/{domain}"][name] for name in BY_NETWORK} == dict.fromkeys(BY_NETWORK, "EACCES")


def test_a_gpus_node_only_where_it_was_asked_for(words: Words) -> None:
    assert {domain: words[f"user/{domain}"]["gpu"] for domain in DOMAINS} == {
        "isolated": "EACCES", "gpu": "done",
    }  # fmt: skip


@pytest.mark.parametrize("name", AS_ROOT)
def test_root_in_the_domain(words: Words, name: str) -> None:
    assert words["root/isolated"][name] in {"EACCES", "EPERM"}


def test_catalyst_finds_the_module_as_a_user(words: Words) -> None:
    assert words["permissive"]["enforced"] == []
    assert words["enforcing"] == {"enforced": ["selinux"], "loaded": True}
    assert words["other"] == {"enforced": ["selinux"], "loaded": False}


@pytest.mark.parametrize("gpu", ["none", "nvidia", "amd", "intel"])
@pytest.mark.parametrize(("level", "mode"), rendered.ALL)
def test_every_module_compiles(tmp_path: Path, level: str, mode: str, gpu: str) -> None:
    code, said, _ = _compile(tmp_path, rendered.text("selinux", rendered.settings_of(level, mode, gpu)))
    assert code == 0, said


def test_the_compiler_would_notice(tmp_path: Path) -> None:
    text = rendered.text("selinux", rendered.settings_of("high", "isolated")).replace("node_t", "nowhere_t")
    assert _compile(tmp_path, text)[0] != 0
