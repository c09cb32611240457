"""The algebra of policies: join, independence of order, and that a stricter setting never takes a restriction away."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.guard.record import replace
from catalyst.policy import controls as package
from catalyst.policy.build import build, collect, controls, join
from catalyst.policy.model import RULE_TYPES, NoNewPrivileges, Rule, Umask
from catalyst.settings import Level, NetworkMode, Settings
from strategies import RULES, rules, settings_with

# Minted once, never reused: documents, checks and probes name them. A control that is gone stays here, marked so.
PINNED = (
    "capabilities", "clean-environment", "devices",
    "execution", "forensic-cleanup", "hidden-secrets", "identity", "masked-paths",
    "namespaces", "network-mode", "no-new-privileges", "own-terminal", "resources", "scratch", "system-calls", "umask",
    "write-confinement",
)  # fmt: skip
# What must hold from `high` on (design §3); seccomp joins them when it is there.
CORE = {"identity", "capabilities", "no-new-privileges", "write-confinement", "network-mode", "system-calls"}

pairs = st.sampled_from(RULE_TYPES).flatmap(lambda kind: st.tuples(RULES[kind], RULES[kind]))
triples = st.sampled_from(RULE_TYPES).flatmap(lambda kind: st.tuples(RULES[kind], RULES[kind], RULES[kind]))


def test_every_rule_type_has_a_strategy() -> None:
    assert set(RULES) == set(RULE_TYPES)


@given(pairs)
def test_join_is_commutative(two: tuple[Rule, Rule]) -> None:
    one, other = two
    assert join(one, other) == join(other, one)


@given(triples)
def test_join_is_associative(three: tuple[Rule, Rule, Rule]) -> None:
    one, two, last = three
    assert join(join(one, two), last) == join(one, join(two, last))


@given(rules())
def test_join_is_idempotent(rule: Rule) -> None:
    assert join(rule, rule) == rule


@given(pairs)
def test_join_absorbs_what_it_was_made_of(two: tuple[Rule, Rule]) -> None:
    """What is joined is at least as strict as either part: joining a part again changes nothing."""
    joined = join(*two)
    assert join(joined, two[0]) == joined == join(two[1], joined)


def test_rules_of_two_types_do_not_join() -> None:
    with pytest.raises(TypeError, match=r"NoNewPrivileges.*Umask|Umask.*NoNewPrivileges"):
        join(NoNewPrivileges(), Umask(0o077))


STRICTEST = {"security_level": "maximum", "network_mode": "isolated", "enable_forensic_cleanup": "true"}


@given(st.permutations(controls()))
def test_the_order_of_controls_changes_nothing(order: list[object]) -> None:
    settings = settings_with(**STRICTEST)
    shuffled = [control for control in controls() if control in order]
    shuffled.sort(key=order.index)
    assert build(settings, shuffled) == build(settings)


@given(st.lists(st.tuples(rules(), st.sampled_from(PINNED)), max_size=12), st.randoms())
def test_the_order_of_rules_changes_nothing(emitted: list[tuple[Rule, str]], random: object) -> None:
    shuffled = list(emitted)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert collect(shuffled) == collect(emitted)
    assert collect([*emitted, *emitted]) == collect(emitted)


def _all_settings() -> list[Settings]:
    plain = settings_with(security_token_vault_path="/srv/secrets/vault.age", gpu="amd")
    return [
        replace(plain, security_level=level, network_mode=mode, enable_forensic_cleanup=cleanup)
        for level, mode, cleanup in product(Level, NetworkMode, (False, True))
    ]


def _key(settings: Settings) -> tuple[int, int, int]:
    return settings.security_level, settings.network_mode, settings.enable_forensic_cleanup


@pytest.mark.parametrize("weak", _all_settings(), ids=lambda one: "-".join(map(str, _key(one))))
def test_a_stricter_setting_never_removes_a_restriction(weak: Settings) -> None:
    """For each pair: no rule type is lost, and the stricter rule absorbs the weaker."""
    before = {type(one.rule): one.rule for one in build(weak)}
    for strict in _all_settings():
        if all(a <= b for a, b in zip(_key(weak), _key(strict), strict=True)):
            after = {type(one.rule): one.rule for one in build(strict)}
            assert before.keys() <= after.keys()
            assert all(join(rule, after[kind]) == after[kind] for kind, rule in before.items())


def test_paranoid_is_as_strict_as_everything_at_its_strictest() -> None:
    assert build(settings_with(paranoid_mode="true")) == build(settings_with(**STRICTEST))


@pytest.mark.parametrize("control", controls(), ids=lambda one: one.id)
def test_a_control_left_out_is_missed(control: object) -> None:
    """Every control contributes: without it the strictest policy is another one."""
    settings = settings_with(**STRICTEST)
    assert build(settings, [one for one in controls() if one is not control]) != build(settings)


def test_ids_are_the_pinned_ones() -> None:
    assert tuple(sorted(control.id for control in controls())) == PINNED


def test_every_file_is_a_control() -> None:
    """A file in a subfolder would not be found, and its control would be lost without a word."""
    from pathlib import Path

    files = [file for file in Path(package.__path__[0]).rglob("*.py") if file.name != "__init__.py"]
    assert sorted(file.relative_to(package.__path__[0]).stem for file in files) == [
        control.id.replace("-", "_") for control in controls()
    ]


def test_the_core_set() -> None:
    assert {control.id for control in controls() if control.core} == CORE


@pytest.mark.parametrize("control", controls(), ids=lambda one: one.id)
def test_a_control_says_what_and_why(control: object) -> None:
    for text in (getattr(control, "title", ""), getattr(control, "why", "")):
        assert text.strip() == text
        assert len(text) > 10
