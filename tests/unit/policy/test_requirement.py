"""What the layers say together, and when that is not enough to start."""

import pytest

from catalyst.errors import UNENFORCEABLE, Unenforceable
from catalyst.policy.build import controls
from catalyst.policy.model import (
    Enforced,
    Enforcement,
    NoNewPrivileges,
    NotEnforced,
    Partly,
    Policy,
    ReadOnlyRoot,
    Stated,
    Umask,
    Writable,
)
from catalyst.policy.requirement import insist, words
from catalyst.render.target import Gap, answers
from strategies import settings_with

ONE = Policy((Stated(NoNewPrivileges(), ("nnp",)), Stated(Umask(0o077), ("umask",))))
TWO_RULES = Policy((Stated(ReadOnlyRoot(), ("write",)), Stated(Writable(frozenset()), ("write",))))

HOLDS, HALF, FAILS = Enforced(), Partly("a bit is missing"), NotEnforced("this kernel cannot")


def _gap(control: str, rule: str, *, whole: bool) -> Gap:
    return Gap(control, rule, "whole" if whole else "half", whole)


def test_without_gaps_every_layer_enforces() -> None:
    said = answers(ONE, {"outer": [], "inner": []})
    assert set(said) == {"nnp", "umask"}
    assert said["nnp"].overall == Enforced()
    assert said["nnp"].layers == {"outer": Enforced(), "inner": Enforced()}


def test_one_layer_that_holds_is_enough() -> None:
    said = answers(ONE, {"outer": [_gap("umask", "Umask", whole=True)], "inner": []})
    assert said["umask"].layers["outer"] == NotEnforced("whole")
    assert said["umask"].overall == Enforced()


def test_a_half_held_rule_is_partly() -> None:
    gap = _gap("umask", "Umask", whole=False)
    assert answers(ONE, {"outer": [gap], "inner": [gap]})["umask"].overall == Partly("half")


def test_no_layer_is_not_enforced() -> None:
    gap = _gap("umask", "Umask", whole=True)
    assert answers(ONE, {"outer": [gap], "inner": [gap]})["umask"].overall == NotEnforced("whole")
    assert isinstance(answers(ONE, {})["umask"].overall, NotEnforced)


def test_a_whole_gap_beside_a_half_one_is_not_enforced() -> None:
    gaps = [_gap("umask", "Umask", whole=False), _gap("umask", "Umask", whole=True)]
    assert answers(ONE, {"outer": gaps})["umask"].overall == NotEnforced("whole")


def test_a_control_with_one_rule_of_two_missing_is_partly() -> None:
    said = answers(TWO_RULES, {"outer": [_gap("write", "Writable", whole=True)]})
    assert said["write"].overall == Partly("whole")


def test_two_layers_can_hold_one_rule_each() -> None:
    layers = {
        "outer": [_gap("write", "Writable", whole=True)],
        "inner": [_gap("write", "ReadOnlyRoot", whole=True)],
    }
    said = answers(TWO_RULES, layers)["write"]
    assert said.overall == Enforced()
    assert all(isinstance(layer, Partly) for layer in said.layers.values())


def test_a_gap_of_another_control_does_not_count() -> None:
    assert answers(ONE, {"outer": [_gap("umask", "NoNewPrivileges", whole=True)]})["nnp"].overall == Enforced()


def _insist(overall: dict[str, Enforcement], **options: str) -> None:
    layers = {name: {"outer": answer, "inner": answer} for name, answer in overall.items()}
    insist(settings_with(**options), controls(), overall, layers)


HIGH, MAXIMUM, PARANOID = {"security_level": "high"}, {"security_level": "maximum"}, {"paranoid_mode": "true"}


@pytest.mark.parametrize(
    ("control", "answer", "options"),
    [
        ("identity", FAILS, {}),
        ("identity", HALF, HIGH),
        ("umask", FAILS, HIGH),  # not in the core set
        ("umask", HALF, MAXIMUM),
        ("umask", HOLDS, PARANOID),
    ],
)
def test_it_goes_on(control: str, answer: Enforcement, options: dict[str, str]) -> None:
    _insist({control: answer}, **options)


@pytest.mark.parametrize("control", ["identity", "capabilities", "no-new-privileges", "write-confinement", "network-mode"])
def test_high_needs_the_core(control: str) -> None:
    with pytest.raises(Unenforceable, match=rf"control {control} .*SECURITY_LEVEL=high needs it"):
        _insist({control: FAILS}, **HIGH)


@pytest.mark.parametrize("control", [control.id for control in controls()])
@pytest.mark.parametrize(
    ("answer", "options"), [(FAILS, MAXIMUM), (FAILS, PARANOID), (HALF, PARANOID)], ids=["maximum", "paranoid", "partly"]
)
def test_maximum_and_paranoid_need_every_control(control: str, answer: Enforcement, options: dict[str, str]) -> None:
    with pytest.raises(Unenforceable, match=control):
        _insist({control: answer}, **options)


def test_the_message_names_control_layer_and_reason() -> None:
    with pytest.raises(Unenforceable) as caught:
        _insist({"umask": HALF}, **PARANOID)
    assert str(caught.value) == (
        "control umask cannot be enforced here, and PARANOID_MODE=true needs it: "
        "outer: partly (a bit is missing); inner: partly (a bit is missing)"
    )
    assert (caught.value.exit_code, caught.value.hint.endswith("catalyst doctor")) == (UNENFORCEABLE, True)


def test_a_control_the_policy_does_not_use_is_not_needed() -> None:
    _insist({}, **PARANOID)


def test_words() -> None:
    assert [words(one) for one in (HOLDS, HALF, FAILS)] == [
        "enforced", "partly (a bit is missing)", "not enforced (this kernel cannot)",
    ]  # fmt: skip
