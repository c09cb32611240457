"""Settings in, policy out. Pure: no disk, no clock, no host."""

from collections.abc import Callable, Iterable
from functools import cache, reduce

from catalyst import _discover
from catalyst.guard.record import Record
from catalyst.policy.model import RULE_TYPES, Policy, Rule, Stated
from catalyst.settings import Settings


class Control(Record):
    """One protection. `core` controls must hold at SECURITY_LEVEL=high and above (design §3)."""

    id: str
    title: str
    why: str
    rules: Callable[[Settings], Iterable[Rule]]
    core: bool = False


@cache
def controls() -> tuple[Control, ...]:
    """Every control of the package, one per file of `policy/controls/`."""
    from catalyst.policy import controls as package

    return _discover.discover(package, "CONTROL", Control)


def build(settings: Settings, among: Iterable[Control] | None = None) -> Policy:
    """The joined rules of `among`, or of all controls."""
    emitted = [
        (rule, control.id) for control in (controls() if among is None else among) for rule in control.rules(settings)
    ]
    return collect(emitted)


def collect(emitted: Iterable[tuple[Rule, str]]) -> Policy:
    """Rules with the control that asked for each, joined per type; the order of `emitted` does not matter."""
    emitted = list(emitted)
    stated = []
    for kind in RULE_TYPES:
        rules = [rule for rule, _ in emitted if type(rule) is kind]
        if rules:
            names = tuple(sorted({control for rule, control in emitted if type(rule) is kind}))
            stated.append(Stated(reduce(join, rules), names))
    return Policy(tuple(stated))


def join(one: Rule, other: Rule) -> Rule:
    """The stricter of two rules of one type. Raises TypeError for two types."""
    if type(one) is not type(other):
        raise TypeError(f"{type(one).__name__} does not join {type(other).__name__}")
    joined: Rule = one.join(other)  # type: ignore[arg-type]  # the line above is what mypy cannot follow
    return joined
