"""What is taken away is really gone from what the engine and the guard are told, and nothing else is."""

import json
from collections.abc import Sequence

import pytest

from catalyst.audit.verify import ablation
from catalyst.guard import plan
from catalyst.policy.build import build
from catalyst.policy.controls.masked_paths import PATHS
from catalyst.policy.model import RULE_TYPES
from catalyst.render.target import Facts, targets
from strategies import sandbox, settings_with

SETTINGS = settings_with(security_level="high", network_mode="isolated")
FACTS = Facts(root=True, landlock=7, notify=True, kernel_files=PATHS, etc=("/etc/ld.so.cache",))
HOST = ablation.Host((1 << 41) - 1, "/tmp/bait", "HF_TOKEN=bait", 1000)
ENGINES = {"docker": "docker", "podman": "podman", "bwrap": "bubblewrap"}
RULES = [kind.__name__ for kind in RULE_TYPES]

# What must be gone from the argv without the rule, and stands there with it.
GONE: dict[str, dict[str, Sequence[str]]] = {
    "docker": {
        "Identity": ["--user=1000:1000"], "NoNewPrivileges": ["--security-opt=no-new-privileges"],
        "Capabilities": ["--cap-drop=ALL"], "Namespaces": ["--ipc=private"], "Network": ["--network=none"],
        "ReadOnlyRoot": ["--read-only"], "Limits": ["--pids-limit=1024"],
    },
    "bwrap": {
        "SystemCalls": ["--seccomp"], "Namespaces": ["--unshare-pid", "--unshare-ipc"], "Network": ["--unshare-net"],
        "CleanEnvironment": ["--clearenv"], "Scratch": ["--size"], "Capabilities": ["--cap-drop"], "Devices": ["--dev"],
        "MaskedPaths": ["/proc/kcore"],
    },
}  # fmt: skip


def argv(engine: str) -> tuple[str, ...]:
    return targets()[ENGINES[engine]].render(build(SETTINGS), sandbox(SETTINGS), FACTS).argv


CASES = [(engine, rule) for engine, rules in GONE.items() for rule in rules]


@pytest.mark.parametrize(("engine", "rule"), CASES)
def test_the_words_of_a_rule_are_gone(engine: str, rule: str) -> None:
    before, after = argv(engine), ablation.outer(engine, argv(engine), {rule}, HOST)
    for word in GONE[engine][rule]:
        assert word in before
        assert word not in after


@pytest.mark.parametrize("engine", ENGINES)
def test_without_anything_taken_away_nothing_changes(engine: str) -> None:
    assert ablation.outer(engine, argv(engine), set(), HOST) == list(argv(engine))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rule", RULES)
def test_what_runs_inside_stays(engine: str, rule: str) -> None:
    """However much is taken away, the guard is still started with its plan."""
    after = ablation.outer(engine, argv(engine), {rule}, HOST)
    assert after[-4:] == list(argv(engine)[-4:])
    assert after[0] == argv(engine)[0]


def test_writes_are_opened_in_every_mount_but_the_kernels() -> None:
    after = ablation.outer("bwrap", argv("bwrap"), {"Writable"}, HOST)
    read_only = [after[at + 2] for at, word in enumerate(after) if word == "--ro-bind"]
    assert read_only
    assert all(path.startswith("/proc/") for path in read_only)
    assert not [word for word in ablation.outer("docker", argv("docker"), {"Writable"}, HOST) if word.endswith(",readonly")]


def test_a_bare_container_has_no_security_flag() -> None:
    found = ablation.bare(argv("docker"))
    options = found[2 : found.index("-I")]
    for flag in ("--security-opt", "--cap-drop", "--user", "--read-only", "--network", "--pids-limit", "--memory",
                 "--ulimit", "--ipc", "--env"):  # fmt: skip
        assert not [word for word in options if word.startswith(flag)]
    assert "--rm" in options
    assert [word for word in options if word.startswith("type=bind,")]


def _plan() -> dict[str, object]:
    document: dict[str, object] = json.loads(targets()["guard"].render(build(SETTINGS), sandbox(SETTINGS), FACTS).text)
    return document


@pytest.mark.parametrize("rule", [*ablation.INNER, "Writable", "Execution"])
def test_a_rule_is_gone_from_the_plan_and_the_plan_is_still_one(rule: str) -> None:
    before, after = _plan(), ablation.inner(_plan(), {rule}, HOST)
    changed = {key for key in before if before[key] != after[key]}
    expected = set(ablation.INNER.get(rule, ("file_rules",)))
    if rule == "NoNewPrivileges":
        expected |= {"filter", "file_rules", "tcp_rules", "egress", "scoped"}
    assert changed == expected
    plan.decode(json.dumps(after))


def test_without_every_rule_the_plan_restricts_nothing() -> None:
    after = ablation.inner(_plan(), set(RULES), HOST)
    assert {key: after[key] for key in plan.UNCONFINED} == plan.UNCONFINED
