"""Every probe: what its file declares, and that it is as harmless and as true unconfined as it says."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from catalyst.audit.inside import attempt
from catalyst.audit.inside.judge import THEMES
from catalyst.audit.inside.probe import EVERYONE, LEVELS, NETWORKS, OUTCOMES, Answer, Probe
from catalyst.audit.verify.verify import UNPROVED, why_not_shown
from catalyst.policy.build import controls

PROBES = attempt.load_all()
CONTROLS = {control.id for control in controls()}
TOOLS = r"general|deepce|CDK|amicontained|linPEAS|flatpak|I\d+|CVE-\d+-\d+"
# Probes of the kernel and the network have a test of their own, which makes a network for them.
MINE = [probe for probe in PROBES if probe.theme not in {"kernel", "network"}]
# Where an attempt writes if it may; nothing of it may be there afterwards.
LOOKED_AT = (
    "/etc", "/etc/systemd/system", "/usr/lib", "/usr/bin", "/var/spool", "/dev", "/dev/shm", "/run", "/run/catalyst",
)  # fmt: skip
SETTINGS = (
    "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/randomize_va_space", "/proc/sys/vm/overcommit_memory",
    "/proc/sys/kernel/modprobe",
)  # fmt: skip
PRIVATE = [
    "unshare",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
]  # so that the machine's processes are out of sight


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.id)
def test_its_words_are_known(probe: Probe) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", probe.id)
    assert probe.theme in THEMES
    assert re.fullmatch(rf"({TOOLS})(, ({TOOLS}))*", probe.origin)
    assert probe.title
    assert not probe.title[0].isupper() or probe.title.split()[0].isupper()
    assert {probe.control, *probe.also} <= CONTROLS
    assert probe.control not in probe.also
    assert set(probe.layers) <= set(EVERYONE)
    assert set(probe.levels) <= set(LEVELS)
    assert set(probe.networks) <= set(NETWORKS)


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.id)
def test_it_is_promised_somewhere_by_somebody_or_open_for_a_reason(probe: Probe) -> None:
    if probe.open_because:
        assert not probe.layers, "nobody promises to stop what is open"
    else:
        assert probe.levels
        assert probe.networks
        assert probe.layers
        assert probe.levels == LEVELS[LEVELS.index(probe.levels[0]) :], "a stricter level never promises less"
        assert probe.networks == NETWORKS[NETWORKS.index(probe.networks[0]) :]


def test_every_file_is_a_probe_and_every_theme_has_some() -> None:
    assert len(PROBES) == len({probe.id for probe in PROBES}) >= 100
    assert {probe.theme for probe in PROBES} == set(THEMES)
    assert len({probe.title for probe in PROBES}) == len(PROBES), "two rows of a report must not read the same"


class Unconfined:
    """One run of all of them in nobody's sandbox, with bait."""

    def __init__(self, answers: dict[str, Answer], left: list[str], changed: list[str], secrets: str) -> None:
        self.answers, self.left, self.changed, self.secrets = answers, left, changed, secrets


@pytest.fixture(scope="module")
def unconfined(tmp_path_factory: pytest.TempPathFactory) -> Unconfined:
    folder = tmp_path_factory.mktemp("unconfined")
    home = folder / "home"
    for name in (".ssh/id", ".config/x", ".aws/x", ".mozilla/x", ".bash_history", ".docker/config.json", "bait", "vault",
                 "vault.key", ".cache/huggingface/token"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("not-to-be-shown")
    places = {name: str(folder / name) for name in ("models", "custom_nodes", "input", "output", "user", "cache")}
    for place in (*places, "scratch"):
        (folder / place).mkdir()
    bait = {"file": str(home / "bait"), "home": str(home), "env": "BAIT", "victim": "marked-for-the-test",
            "vault": str(home / "vault"), "control": str(home / "control")}  # fmt: skip
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(bait["control"])
    listener.listen()
    context = json.dumps([str(folder / "scratch"), str(home), places, bait])
    private = PRIVATE if os.geteuid() == 0 else [*PRIVATE[:1], "--user", "--map-root-user", *PRIVATE[1:]]
    if not shutil.which("unshare") or subprocess.run([*private, "true"], capture_output=True).returncode:
        pytest.skip("no process namespace can be made here")
    before = _state(folder)
    only = ",".join(probe.id for probe in MINE)
    argv = [sys.executable, "-I", "-S", str(attempt.MAIN), "--context", context, "--only", only]
    start = (
        f'HF_TOKEN=not-to-be-shown {sys.executable} -I -S -c "import time; time.sleep(60)" marked-for-the-test & "$@"'
    )
    done = subprocess.run([*private, "sh", "-c", start, "sh", *argv], capture_output=True, text=True, timeout=100,
                          env={"PATH": os.environ["PATH"], "BAIT": "not-to-be-shown"}, check=False)  # fmt: skip
    listener.close()
    said = [json.loads(line) for line in done.stdout.splitlines()]
    answers = {one["id"]: Answer(one["outcome"], one["evidence"], one["errno"]) for one in said}
    after = _state(folder)
    changed = [name for name in before if name in after and before[name] != after[name]]
    return Unconfined(answers, sorted(after.keys() - before.keys()), changed, done.stdout + done.stderr)


def _state(folder: Path) -> dict[str, str]:
    """What there is, and the content, mode and time of what could be altered."""
    own = list(attempt.MAIN.parents[2].rglob("*.py"))
    names = [*folder.rglob("*"), *(path for one in LOOKED_AT if Path(one).is_dir() for path in Path(one).iterdir())]
    found = {str(path): "" for path in names if path.is_relative_to(folder) or "catalyst-probe" in path.name}
    found |= {str(path): f"{path.stat().st_mode} {path.stat().st_mtime_ns} {hash(path.read_bytes())}" for path in own}
    return found | {name: Path(name).read_text() for name in SETTINGS if os.access(name, os.R_OK)}


def test_each_answers(unconfined: Unconfined) -> None:
    assert set(unconfined.answers) == {probe.id for probe in MINE}
    assert all(answer.outcome in OUTCOMES for answer in unconfined.answers.values())
    assert {name: one.evidence for name, one in unconfined.answers.items() if one.outcome == "unknown"} == {}


def test_none_leaves_or_changes_anything(unconfined: Unconfined) -> None:
    assert (unconfined.left, unconfined.changed) == ([], [])


def test_no_secret_is_shown(unconfined: Unconfined) -> None:
    assert "not-to-be-shown" not in unconfined.secrets


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can show all of them")
def test_each_gets_through_where_nothing_stops_it_or_says_what_this_host_lacks(unconfined: Unconfined) -> None:
    shown = {probe.id: why_not_shown(probe, unconfined.answers[probe.id]) for probe in MINE if not probe.open_because}
    assert {name: why for name, why in shown.items() if why.startswith(UNPROVED)} == {}
    assert sum(not why for why in shown.values()) >= 75
