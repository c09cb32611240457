"""Random policies, workloads and hosts through every target: no crash, no silent loss of a rule.

A thousand cases in each run of the suite, each with one of its rules removed, then changed. All 100 000, with three
rules each:

    CATALYST_TEST_FUZZ=100000 python -m pytest tests/unit/render/test_fuzz.py

`CATALYST_TEST_FUZZ=50000:100000` runs the second half, so that halves can run side by side; a failure names its case.
The oracle knows no target: a rule is lost when its target says the same, and names no gap, without it.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import PurePosixPath
from posixpath import normpath
from random import Random

import pytest

from catalyst.errors import PathRefused
from catalyst.guard import plan
from catalyst.guard.record import replace
from catalyst.policy.build import join
from catalyst.policy.model import (
    RULE_TYPES,
    Capabilities,
    Devices,
    Enforced,
    Execution,
    ForensicCleanup,
    HiddenPaths,
    Limits,
    MaskedPaths,
    Namespace,
    Namespaces,
    Network,
    Policy,
    Reach,
    Rule,
    Stated,
    SystemCalls,
    Writable,
)
from catalyst.policy.syscalls.numbers import NUMBERS
from catalyst.render import mounts, session
from catalyst.render.seccomp import oci, program
from catalyst.render.target import Facts, Rendered, answers, targets
from random_cases import RULES, Case, another, case, damaged
from strategies import without
from unit.render.test_targets import QUIET, _always

ASKED = os.environ.get("CATALYST_TEST_FUZZ", "")
QUICK = 1000  # cases of an ordinary run
DAMAGES = 2  # of each case's plan


def numbers() -> range:
    """The cases of this run."""
    first, _, end = ASKED.rpartition(":")
    return range(int(first or 0), int(end or QUICK))


@pytest.fixture(autouse=True, scope="module")
def _compiled_once() -> Iterator[None]:
    """A filter depends on its rule and the machine only, and takes ten times as long as the rest of a plan."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "compile", cache(program.compile))
        patch.setattr(oci, "profile", cache(oci.profile))
        yield


def render(target: str, one: Case, policy: Policy | None = None) -> Rendered | PathRefused:
    """What the target makes of it. One refusal is expected; any other exception is the failure looked for."""
    try:
        return targets()[target].render(one.policy if policy is None else policy, one.sandbox, one.facts)
    except PathRefused as refused:
        return refused


def said(rendered: Rendered, policy: Policy, one: Case) -> tuple[object, ...]:
    """The words, and the profile of system calls, which an engine's argv and the files of two containers only name."""
    files = session.files(policy, "", one.facts.machine, rendered) if rendered.argv else {}
    calls = [stated.rule for stated in policy if isinstance(stated.rule, SystemCalls)]
    named = any(word in rendered.text for word in (f"seccomp=./{session.SECCOMP_FILE}", "SeccompProfile="))
    profile = oci.profile(calls[0], one.facts.machine) if named else files.get(session.SECCOMP_FILE)
    return rendered.argv, rendered.text, profile, files.get(session.FILTER_FILE)


def whole(rendered: Rendered, rule: Rule) -> list[bool]:
    """One entry for each gap of the rule: does it concern all of it?"""
    return [gap.whole for gap in rendered.gaps if gap.rule == type(rule).__name__]


def chosen(policy: Policy, random: Random) -> list[Stated]:
    """The rules to remove and change."""
    stated = list(policy)
    return random.sample(stated, min(3 if ASKED else 1, len(stated)))


def shown_places(rule: Rule, one: Case) -> object:
    """What Writable comes to: the places that this workload has."""
    return rule.places & {mount.place for mount in one.sandbox.workload.mounts} if isinstance(rule, Writable) else None


def runnable(target: str, one: Case) -> bool:
    """Is there a folder that only Execution keeps programs in from being run? podman says it where it mounts them."""
    door = mounts.door(one.sandbox) is not None
    writable = any(mounts.writable(one.policy, mount) for mount in one.sandbox.workload.mounts)
    if target == "podman":
        return (door or writable) and any(isinstance(stated.rule, Writable) for stated in one.policy)
    if target == "quadlet":  # the folder of the way in is a volume that never lets anything be run
        return writable
    return writable or (door and not one.facts.session_noexec)


def in_memory(rule: Rule | None, one: Case) -> list[tuple[str, int]]:
    """What ForensicCleanup, the case's own or this one, comes to: the mounts that memory stands in for, and its size."""
    rest = without(one.policy, ForensicCleanup)
    policy = Policy((*rest, Stated(rule, ("control",)))) if rule else one.policy
    return [(mount.target, size) for mount in one.sandbox.workload.mounts if (size := mounts.volatile(policy, mount))]


def vacuous(target: str, rule: Rule, one: Case) -> bool:
    """Nothing is to be said: by the target's own table, or because the workload has none of the places."""
    if isinstance(rule, ForensicCleanup) and target in ALIKE:
        return not in_memory(rule, one)
    if rule == Execution(from_writable=False) and target in {"docker", "podman", "compose", "quadlet"}:
        return not runnable(target, one)
    quiet = QUIET[target].get(type(rule))
    if quiet is None:
        return False
    nowhere = isinstance(rule, Writable) and not shown_places(rule, one)
    return quiet(Writable(frozenset()) if nowhere else rule, one.facts)


def test_nothing_but_a_refused_path_and_no_rule_is_lost() -> None:
    refused = 0
    for number in numbers():
        one, random = case(number), Random(number)
        for target in targets():
            full = render(target, one)
            if isinstance(full, PathRefused):
                assert full.hint, number
                assert str(full).isprintable(), number
                refused += 1
                continue
            check_gaps(number, full, one.policy)
            for stated in chosen(one.policy, random):
                check_removed(number, target, full, stated.rule, one)
                check_changed(number, target, full, stated, one, random)
    assert 0 < refused < 2 * len(numbers())  # most cases get through every target


def check_gaps(number: int, rendered: Rendered, policy: Policy) -> None:
    """A gap has a reason, and names every control that asked for its rule."""
    controls = {type(stated.rule).__name__: set(stated.controls) for stated in policy}
    for rule, reason in {(gap.rule, gap.reason) for gap in rendered.gaps}:
        named = {gap.control for gap in rendered.gaps if (gap.rule, gap.reason) == (rule, reason)}
        assert named == controls[rule], (number, rule)
        assert reason, (number, rule)
        assert reason.isprintable(), (number, rule)
    assert all(word.isprintable() for word in rendered.argv), number


def check_removed(number: int, target: str, full: Rendered, rule: Rule, one: Case) -> None:
    """Without the rule there must be other words, or there was a gap."""
    policy = without(one.policy, type(rule))
    less = render(target, one, policy)
    assert isinstance(less, Rendered), f"case {number}: {target} refuses a path only without {rule}"
    assert not whole(less, rule), f"case {number}: {target} names a gap of a rule that is not there: {rule}"
    same = said(full, one.policy, one) == said(less, policy, one)
    assert not same or whole(full, rule) or vacuous(target, rule, one), f"case {number}: {target} loses {rule}"


def check_changed(number: int, target: str, full: Rendered, stated: Stated, one: Case, random: Random) -> None:
    """Another value must be said in other words, or a gap says which of the two is not kept."""
    rule, other = stated.rule, another(stated.rule, random)
    if other is None:
        return
    changed = Policy(tuple(Stated(other, old.controls) if old is stated else old for old in one.policy))
    swapped = render(target, one, changed)
    if isinstance(swapped, PathRefused) or said(full, one.policy, one) != said(swapped, changed, one):
        return
    alike = (ALIKE.get(target) or MODULES.get(target, {})).get(type(rule), _never)(rule, other, one)
    nothing = vacuous(target, rule, one) and vacuous(target, other, one)
    excused = alike or nothing or admitted(target, (rule, whole(full, rule)), (other, whole(swapped, other)))
    assert excused, f"case {number}: {target} says {rule} and {other} in the same words"


def admitted(target: str, *said: tuple[Rule, list[bool]]) -> bool:
    """Of two rules in the same words the stricter has a gap: one of its own, or one that concerns all of it."""
    (one, one_gaps), (other, other_gaps) = said
    if target not in ALIKE:
        return bool(one_gaps or other_gaps)
    strictest = join(one, other)
    gaps = [gaps for rule, gaps in said if rule == strictest] or [one_gaps, other_gaps]
    return any(one_gaps + other_gaps) or (len(one_gaps) != len(other_gaps) and all(gaps))


# When two values of a rule come to the same in a target. A target that is not here is held to less: any gap excuses it.
Alike = Callable[[Rule, Rule, Case], bool]


def _never(*_: object) -> bool:
    return False


def _any(*_: object) -> bool:
    return True


def _ways_out(rule: Rule, other: Rule, _: Case) -> bool:
    """That there is a broker is an engine's to say; where it lets the workload connect is the broker's."""
    return len({isinstance(it, Network) and it.reach is Reach.NOWHERE for it in (rule, other)}) == 1


def _supervised(facts: Facts) -> bool:
    return facts.notify and facts.machine in NUMBERS


def _places(rule: Rule, other: Rule, one: Case) -> bool:
    return shown_places(rule, one) == shown_places(other, one)


def _own(rule: Rule) -> frozenset[Namespace]:
    return rule.own if isinstance(rule, Namespaces) else frozenset()


def _granted(rule: Rule, facts: Facts) -> tuple[object, ...]:
    """nvidia has words of its own; for the others the nodes are given, whichever vendor it is."""
    vendors = rule.vendors if isinstance(rule, Devices) else frozenset()
    nodes = [path for path in facts.gpu if path.startswith("/dev/")]
    return "nvidia" in vendors, *((nodes, facts.groups) if vendors - {"nvidia"} else ([], ()))


def _capped(rule: Rule, facts: Facts) -> object:
    """An engine may not be able to raise this process's hard limits."""
    assert isinstance(rule, Limits)
    return rule.processes, rule.memory, min(rule.files, facts.most_files)


def _counted(rule: Rule) -> object:
    """Memory is not the guard's."""
    return (rule.processes, rule.files) if isinstance(rule, Limits) else None


def _present(rule: Rule, facts: Facts) -> object:
    return rule.paths & facts.kernel_files if isinstance(rule, MaskedPaths) else None


def _in_memory(rule: Rule, other: Rule, one: Case) -> bool:
    return in_memory(rule, one) == in_memory(other, one)


CONTAINER: dict[type[Rule], Alike] = {
    ForensicCleanup: _in_memory,
    Network: _ways_out,
    Writable: _places,
    Namespaces: lambda rule, other, _: _own(rule) ^ _own(other) <= {Namespace.PID, Namespace.MOUNT},
    Devices: lambda rule, other, one: _granted(rule, one.facts) == _granted(other, one.facts),
    Limits: lambda rule, other, one: _capped(rule, one.facts) == _capped(other, one.facts),
}
# Profiles of security modules name nodes by pattern or by type, not by vendor.
MODULES: Mapping[str, dict[type[Rule], Alike]] = {
    name: {
        Devices: lambda rule, other, _: all(isinstance(it, Devices) and it.vendors for it in (rule, other)),
        Writable: _places,
        Network: _ways_out,
    }
    for name in ("apparmor", "selinux")
}
ALIKE: Mapping[str, dict[type[Rule], Alike]] = {
    "compose": CONTAINER,
    "docker": CONTAINER,
    "podman": CONTAINER,
    "quadlet": CONTAINER,
    "bubblewrap": {
        ForensicCleanup: _in_memory,
        Network: _ways_out,
        Writable: _places,
        Namespaces: lambda rule, other, _: _own(rule) ^ _own(other) <= {Namespace.MOUNT},
        MaskedPaths: lambda rule, other, one: _present(rule, one.facts) == _present(other, one.facts),
        # the facts hold the nodes of the one vendor that was asked for
        Devices: lambda rule, other, _: all(isinstance(it, Devices) and it.vendors for it in (rule, other)),
        Capabilities: _any,  # it keeps none, whatever is asked for; the gap says so
    },
    "guard": {
        # Landlock alone lets nobody out, so it cannot let anybody out by rule either
        Network: lambda rule, other, one: _ways_out(rule, other, one) or not _supervised(one.facts),
        # processes are the one kind that Landlock's scopes stand for, and the gap says so
        Namespaces: lambda rule, other, _: (Namespace.PID in _own(rule)) == (Namespace.PID in _own(other)),
        Writable: _places,
        Capabilities: _any,
        Limits: lambda rule, other, _: _counted(rule) == _counted(other),
    },
}


def test_a_hidden_path_below_a_mount_is_refused_by_every_engine() -> None:
    """HiddenPaths has no words: this is how it is kept."""
    engines = [name for name in targets() if getattr(render(name, case(0), Policy(())), "argv", ())]
    assert {"docker", "podman", "bubblewrap"} <= set(engines)
    seen = 0
    for number in numbers():
        one = case(number)
        hidden = [path for stated in one.policy if isinstance(stated.rule, HiddenPaths) for path in stated.rule.paths]
        sources = [PurePosixPath(normpath(mount.source)) for mount in one.sandbox.workload.mounts]
        if any(PurePosixPath(normpath(path)).is_relative_to(source) for path in hidden for source in sources):
            seen += 1
            for engine in engines:
                assert isinstance(render(engine, one), PathRefused), f"case {number}: {engine} shows {hidden}"
    assert seen > len(numbers()) / 20


def test_every_control_gets_an_answer_and_holds_only_where_some_layer_has_no_gap() -> None:
    for number in numbers():
        one = case(number)
        layers = {name: made.gaps for name in targets() if isinstance(made := render(name, one), Rendered)}
        missing = {(name, gap.control, gap.rule) for name, gaps in layers.items() for gap in gaps}
        found = answers(one.policy, layers)
        assert found.keys() == set(one.policy.controls()), number
        for control, answer in found.items():
            rules = [type(stated.rule).__name__ for stated in one.policy if control in stated.controls]
            held = all(any((name, control, rule) not in missing for name in layers) for rule in rules)
            assert isinstance(answer.overall, Enforced) == held, (number, control)


def test_a_plan_comes_back_as_it_was_sent() -> None:
    for number in numbers():
        one = case(number)
        rendered = render("guard", one)
        assert isinstance(rendered, Rendered)
        found, workload = plan.decode(rendered.text), one.sandbox.workload
        assert plan.encode(found) == rendered.text, number
        assert (found.argv, found.env, found.cwd) == (workload.argv, workload.env, workload.cwd), number
        assert [(place.inside, place.outside) for place in found.places] == [
            (mount.target, mount.source) for mount in workload.mounts if mount.place is not None
        ], number
        assert (found.filter is None) == (
            one.facts.machine not in oci.ARCHITECTURE
            or not any(isinstance(stated.rule, SystemCalls) for stated in one.policy)
        ), number


PLAIN = {name: kind for name, kind in plan.Plan.__annotations__.items() if kind in {int, bool, str}}


def canonical(text: str) -> str:
    """The same document always in the same bytes; 1, 1.0 and true are three values, and a key twice is two keys."""

    def pairs(found: list[tuple[str, object]]) -> object:
        return {"object": sorted(found, key=lambda pair: pair[0])}

    return json.dumps(json.loads(text, object_pairs_hook=pairs))


def test_a_damaged_plan_is_refused_or_says_exactly_what_it_reads_as() -> None:
    """A flipped digit makes another good plan. So: PlanError, or nothing in the text was ignored or taken for else."""
    understood = refused = 0
    for number in numbers():
        rendered = render("guard", case(number))
        assert isinstance(rendered, Rendered)
        random = Random(number)
        for _ in range(DAMAGES):
            text = damaged(rendered.text, random)
            found = read(text)
            if isinstance(found, plan.PlanError):
                assert str(found).startswith("plan: "), number
                assert str(found).isprintable(), number
                refused += 1
            else:
                assert canonical(plan.encode(found)) == canonical(text), f"case {number}: not understood as written"
                kinds = {name: type(value) for name, value in vars(found).items()}
                assert all(kinds[name] is kind for name, kind in PLAIN.items()), f"case {number}: {kinds}"
                understood += 1
    assert min(understood, refused) > len(numbers()) / 10


def read(text: str) -> plan.Plan | plan.PlanError:
    """The guard's answer; any other exception is the failure looked for."""
    try:
        return plan.decode(text)
    except plan.PlanError as error:
        return error


@pytest.mark.parametrize("kind", [*RULE_TYPES])
@pytest.mark.parametrize("target", ["docker", "bubblewrap", "guard"])
def test_the_oracle_sees_a_target_that_forgets_a_rule(
    target: str, kind: type[Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own control: for each rule type, a target that leaves it out is caught, unless it is always silent there."""
    real = targets()[target]
    forgets = replace(real, render=lambda policy, *rest: real.render(without(policy, kind), *rest))
    monkeypatch.setattr(f"{__name__}.targets", lambda: {target: forgets})
    caught = any(forgotten(target, case(number), kind) for number in range(60))
    assert caught is (QUIET[target].get(kind) is not _always)


def forgotten(target: str, one: Case, kind: type[Rule]) -> bool:
    """Does check_removed complain of this rule type?"""
    full = render(target, one)
    rules = [stated.rule for stated in one.policy if type(stated.rule) is kind]
    if isinstance(full, PathRefused) or not rules:
        return False
    try:
        check_removed(0, target, full, rules[0], one)
    except AssertionError:
        return True
    return False


def test_every_rule_type_is_drawn() -> None:
    assert set(RULES) == set(RULE_TYPES)
    drawn = {type(stated.rule) for number in range(50) for stated in case(number).policy}
    assert drawn == set(RULE_TYPES)
