"""What a container around us holds, from what is seen: every lack is a gap that names the flag, and nothing else is one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.container import outer
from catalyst.container.look import Seen, look
from catalyst.errors import Unenforceable
from catalyst.guard.record import replace
from catalyst.policy import requirement
from catalyst.policy.build import build, controls
from catalyst.policy.model import RULE_TYPES, Namespace, NotEnforced, Partly
from catalyst.render.target import Facts, answers, targets
from strategies import policies, sandbox, settings_with

# A container with every flag of the guide.
GOOD = Seen(
    uid=1000, no_new_privileges=True, capabilities=False, bounding=0, filtered=True, interfaces=(), shared=frozenset(),
    memory=1 << 30, bare=(), nodes=(), on_disk=outer.TRACE_FOLDERS, writable_root=False,
)  # fmt: skip
INNER = {"umask", "execution", "write-confinement"}  # what no container of somebody else's does for us
KERNEL = Facts(landlock=7, notify=True)


def gaps(change: dict[str, Any], **settings: str) -> dict[str, str]:
    """Control -> reason, less what the guard alone does and the filter that cannot be told."""
    found = outer.gaps(build(settings_with(**settings)), replace(GOOD, **change))
    return {gap.control: gap.reason for gap in found if gap.control not in INNER | {"system-calls"}}


def test_a_container_with_every_flag_lacks_nothing() -> None:
    assert gaps({}, security_level="maximum", network_mode="isolated") == {}


@pytest.mark.parametrize(
    ("change", "control", "flag"),
    [
        ({"uid": 0}, "identity", "--user 1000:1000"),
        ({"no_new_privileges": False}, "no-new-privileges", "--security-opt no-new-privileges"),
        ({"capabilities": True}, "capabilities", "--cap-drop ALL"),
        ({"bounding": 14}, "capabilities", "--cap-drop ALL"),
        ({"shared": frozenset({Namespace.PID})}, "namespaces", "pid"),
        ({"shared": frozenset({Namespace.CGROUP})}, "namespaces", "cgroup"),
        ({"memory": None}, "resources", "--memory"),
        ({"memory": 1 << 50}, "resources", "more than this level's"),
        ({"interfaces": ("eth0",)}, "network-mode", "eth0"),
        ({"on_disk": ("/scratch", "/tmp")}, "scratch", "--tmpfs /scratch --tmpfs /tmp"),
        ({"on_disk": ("/tmp",)}, "scratch", "--tmpfs /tmp"),
        ({"bare": ("/proc/kcore",)}, "masked-paths", "/proc/kcore"),
        ({"nodes": ("/dev/sda",)}, "devices", "/dev/sda"),
    ],
)
def test_each_lack_is_one_gap_that_names_it(change: dict[str, Any], control: str, flag: str) -> None:
    found = gaps(change, security_level="maximum", network_mode="isolated")
    assert found.keys() == {control}
    assert flag in found[control]


def test_a_writable_root_and_no_filter() -> None:
    policy = build(settings_with(security_level="high"))
    found = {(gap.control, gap.rule): gap for gap in outer.gaps(policy, replace(GOOD, writable_root=True, filtered=False))}
    assert "--read-only" in found["write-confinement", "ReadOnlyRoot"].reason
    assert found["system-calls", "SystemCalls"].whole


def test_a_vault_in_sight_is_the_guards_to_hide() -> None:
    words = {"security_token_vault_path": "/run/secrets/vault.age"}
    assert "hidden-secrets" in gaps({}, **words)
    settings = settings_with(**words)
    inside = replace(sandbox(settings), private=("/data/.catalyst",))
    inner = targets()["guard"].render(build(settings), inside, KERNEL)
    assert "hidden-secrets" not in {gap.control for gap in inner.gaps}
    assert '"/run/secrets/vault.age"' in inner.text


@pytest.mark.parametrize(
    ("change", "control"),
    [({}, ""), ({"on_disk": ("/scratch",)}, "scratch"), ({"shared": frozenset({Namespace.PID})}, ""),
     ({"nodes": ("/dev/sda",)}, "devices")],
)  # fmt: skip
def test_maximum_is_refused_by_name_where_no_layer_holds_a_control(change: dict[str, Any], control: str) -> None:
    settings = settings_with(security_level="maximum", network_mode="isolated")
    policy, inside = build(settings), replace(sandbox(settings), private=("/data/.catalyst",))
    inner = targets()["guard"].render(policy, inside, KERNEL)
    said = answers(policy, {"container": outer.gaps(policy, replace(GOOD, **change)), "guard": inner.gaps})
    layers = {name: answer.layers for name, answer in said.items()}
    overall = {name: answer.overall for name, answer in said.items()}
    if not control:
        requirement.insist(settings, controls(), overall, layers)
        assert {name for name, one in overall.items() if isinstance(one, NotEnforced)} == set()
        return
    with pytest.raises(Unenforceable, match=f"control {control} cannot be enforced"):
        requirement.insist(settings, controls(), overall, layers)


def test_forensic_cleanup_needs_memory_for_every_trace() -> None:
    words = {"enable_forensic_cleanup": "true"}
    assert "--tmpfs /data/cache" in gaps({}, **words)["forensic-cleanup"]
    assert "forensic-cleanup" not in gaps({"on_disk": ()}, **words)
    partly = outer.gaps(build(settings_with(**words)), replace(GOOD, on_disk=("/data/output",)))
    assert [gap.whole for gap in partly if gap.control == "forensic-cleanup"] == [False]


@given(policy=policies(), uid=st.sampled_from([0, 1000]), filtered=st.booleans())
def test_gaps_name_rules_that_are_there(policy: Any, uid: int, filtered: bool) -> None:
    for gap in outer.gaps(policy, replace(GOOD, uid=uid, filtered=filtered)):
        assert gap.rule in {kind.__name__ for kind in RULE_TYPES}
        assert gap.control in policy.controls()
        assert gap.reason.isprintable()


def test_this_process_can_be_looked_at() -> None:
    """Whatever it runs under: each answer is of its kind, and what the kernel shows of root is not taken for less."""
    seen = look(outer.TRACE_FOLDERS)
    assert isinstance(seen.bounding, int)
    assert all(path.startswith("/dev/") for path in seen.nodes)
    assert set(outer.TRACE_FOLDERS) <= set(seen.on_disk)  # they are not here at all, and nothing is in memory that is not


def test_partly_of_the_bounding_set_alone() -> None:
    policy = build(settings_with())
    said = answers(policy, {"container": outer.gaps(policy, replace(GOOD, bounding=3))})
    assert isinstance(said["capabilities"].overall, Partly)
