"""Every target, every rule: said, or named as a gap, or a silence that stands in QUIET with its reason."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings

from catalyst.guard.plan import decode
from catalyst.policy.model import (
    RULE_TYPES,
    Capabilities,
    Devices,
    Execution,
    ForensicCleanup,
    HiddenPaths,
    Identity,
    Limits,
    MaskedPaths,
    Namespace,
    Namespaces,
    Network,
    NoNewPrivileges,
    OwnTerminal,
    Policy,
    Reach,
    ReadOnlyRoot,
    Rule,
    Scratch,
    Umask,
    Writable,
)
from catalyst.render import mounts
from catalyst.render.target import Facts, Rendered, targets
from strategies import facts, policies, sandbox, without

Silence = Callable[[Rule, Facts], bool]


def _always(_rule: Rule, _facts: Facts) -> bool:
    return True


def _never(_rule: Rule, _facts: Facts) -> bool:
    return False


def _default_namespaces(rule: Rule, _: Facts) -> bool:
    """docker and podman have these two without being asked."""
    return isinstance(rule, Namespaces) and rule.own <= {Namespace.PID, Namespace.MOUNT}


def _no_nodes(rule: Rule, host: Facts) -> bool:
    """Devices allows: what it does not name is not shown, so without nodes there is nothing to say."""
    if not isinstance(rule, Devices) or "nvidia" in rule.vendors or not rule.vendors:
        return isinstance(rule, Devices) and not rule.vendors
    return not host.groups and not any(path.startswith("/dev/") for path in host.gpu)


CONTAINER: dict[type[Rule], Silence] = {
    HiddenPaths: _always,  # nothing is rendered: a mount that would show one is refused (test_mounts.py)
    MaskedPaths: _always,  # the engine's own list is longer, and no word asks it to show more
    OwnTerminal: _always,  # a container never has the caller's terminal
    Execution: lambda rule, _: rule == Execution(from_writable=True),
    Namespaces: _default_namespaces,
    Devices: _no_nodes,
}
QUIET: dict[str, dict[type[Rule], Silence]] = {
    "compose": CONTAINER,
    "docker": CONTAINER,
    "podman": CONTAINER,
    "quadlet": CONTAINER,
    "bubblewrap": {
        HiddenPaths: _always,
        NoNewPrivileges: _always,  # bwrap sets it itself, there is no word for it
        ReadOnlyRoot: _always,  # the root is a tmpfs that is always remounted read-only
        # in its user namespace bwrap drops every capability unless told to keep one
        Capabilities: lambda rule, host: isinstance(rule, Capabilities) and not host.root and not rule.kept,
        Namespaces: lambda rule, _: isinstance(rule, Namespaces) and rule.own <= {Namespace.MOUNT},
        MaskedPaths: lambda rule, host: isinstance(rule, MaskedPaths) and not rule.paths & host.kernel_files,
        Devices: lambda rule, host: isinstance(rule, Devices) and not (rule.vendors and host.gpu),
        Execution: lambda rule, _: rule == Execution(from_writable=True),
    },
    "kubernetes": {
        HiddenPaths: _always,  # nothing of the node is shown
        MaskedPaths: _always,  # the runtime's own list is longer, and nothing asks it to show more
        OwnTerminal: _always,  # a container never has the caller's terminal
        ReadOnlyRoot: _always,  # at every level
        Devices: lambda rule, _: rule == Devices(frozenset()),
        Execution: lambda rule, _: rule == Execution(from_writable=True),
    },
    "seccomp": {},
    "apparmor": {
        Capabilities: lambda rule, _: rule == Capabilities(frozenset()),  # what is not named is refused: here and below
        ReadOnlyRoot: _always,
        Writable: lambda rule, _: rule == Writable(frozenset()),
        MaskedPaths: lambda rule, _: rule == MaskedPaths(frozenset()),
        Devices: lambda rule, _: rule == Devices(frozenset()),
        Execution: lambda rule, _: rule == Execution(from_writable=True),
    },
    "selinux": {
        Capabilities: lambda rule, _: rule == Capabilities(frozenset()),
        Devices: lambda rule, _: rule == Devices(frozenset()),
    },
    "guard": {  # a plan has a umask in any case; this is what it says without a rule
        Umask: lambda rule, _: rule == Umask(0o022),
        ReadOnlyRoot: lambda _, host: host.landlock >= 3,  # what is not granted is refused, whatever else is said
        Execution: lambda rule, host: rule == Execution(from_writable=True) and host.landlock == 0,
        Writable: lambda rule, host: rule == Writable(frozenset()) and host.landlock >= 3,
    },
}


def render(target: str, policy: Policy, host: Facts) -> Rendered:
    """For the one sandbox of these tests."""
    return targets()[target].render(policy, sandbox(), host)


def _said(rendered: Rendered) -> tuple[tuple[str, ...], str]:
    return rendered.argv, rendered.text


def _in_memory(policy: Policy) -> bool:
    """Memory stands in for a place: one that may be written, as no other leaves anything."""
    return any(mounts.volatile(policy, mount) for mount in sandbox().workload.mounts)


def _gaps(rendered: Rendered, kind: type[Rule]) -> list[str]:
    return [gap.reason for gap in rendered.gaps if gap.rule == kind.__name__]


def test_every_target_has_its_silences_written_down() -> None:
    assert QUIET.keys() == targets().keys()


@pytest.mark.parametrize("target", targets())
@settings(max_examples=60)
@given(policy=policies(), host=facts())
def test_a_rule_is_said_or_a_gap(target: str, policy: Policy, host: Facts) -> None:
    """Without a rule the output must be another one, or a gap must be gone. Otherwise it is silent, both ways."""
    full = render(target, policy, host)
    for rule in (one.rule for one in policy):
        kind = type(rule)
        less = render(target, without(policy, kind), host)
        quiet = QUIET[target].get(kind, _never)(rule, host)
        if isinstance(rule, ForensicCleanup) and target in {"docker", "podman", "bubblewrap", "compose", "quadlet"}:
            quiet = not (_in_memory(policy) or _gaps(full, kind))
        if rule == Execution(from_writable=False) and target in {"docker", "compose"}:  # a word in memory alone
            quiet = not (_in_memory(policy) or _gaps(full, kind))
        if rule == Execution(from_writable=False) and target == "quadlet":  # a word of each folder that may be written
            quiet = not any(mounts.writable(policy, mount) for mount in sandbox().workload.mounts)
        said = bool(_said(full) != _said(less) or _gaps(full, kind))
        assert said is not quiet, f"{target} {'says' if said else 'neither says nor lacks'} {rule}"
        assert not _gaps(less, kind)


# Rules whose value matters and is a single word: two values must not look the same to any target.
VALUED = (Identity, Network, Writable, Scratch, Limits, Umask)


def _alike(one: Rule, other: Rule) -> bool:
    """Equal, or two networks with a way out: where it leads is the broker's to say."""
    if isinstance(one, Network) and isinstance(other, Network):
        return (one.reach is Reach.NOWHERE) == (other.reach is Reach.NOWHERE)
    return one == other


@pytest.mark.parametrize("target", targets())
@settings(max_examples=60)
@given(one=policies(), other=policies(), host=facts())
def test_another_value_is_said_or_a_gap(target: str, one: Policy, other: Policy, host: Facts) -> None:
    full = render(target, one, host)
    for stated in (stated for stated in other if isinstance(stated.rule, VALUED)):
        kind = type(stated.rule)
        changed = Policy(tuple(stated if type(old.rule) is kind else old for old in one))
        old = next(old.rule for old in one if type(old.rule) is kind)
        swapped = render(target, changed, host)
        same = _said(full) == _said(swapped) and not _gaps(full, kind) and not _gaps(swapped, kind)
        assert not same or _alike(old, stated.rule), f"{target} says {old} and {stated.rule} in the same words"


@pytest.mark.parametrize("target", targets())
@settings(max_examples=20)
@given(policy=policies(), host=facts())
def test_gaps_name_a_control_and_a_reason(target: str, policy: Policy, host: Facts) -> None:
    names = {kind.__name__ for kind in RULE_TYPES}
    for gap in render(target, policy, host).gaps:
        assert gap.control in policy.controls()
        assert gap.rule in names
        assert gap.reason.isprintable()
        assert gap.reason


@pytest.mark.parametrize("target", targets())
@settings(max_examples=20)
@given(policy=policies(), host=facts())
def test_a_target_renders_the_same_twice(target: str, policy: Policy, host: Facts) -> None:
    """Pure: no disk, no clock, no set whose order changes."""
    assert render(target, policy, host) == render(target, policy, host)


@given(policy=policies(), host=facts())
def test_the_guards_plan_is_always_one_the_guard_understands(policy: Policy, host: Facts) -> None:
    plan = decode(render("guard", policy, host).text)
    identity = next(one.rule for one in policy if isinstance(one.rule, Identity))
    assert (plan.uid, plan.gid) == (identity.uid, identity.gid)
    assert (plan.no_new_privileges, plan.no_capabilities) == (True, True)
