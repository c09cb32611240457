"""`catalyst policy show|explain|diff|flags`."""

import argparse
from typing import Any

from catalyst import comfyui_flags
from catalyst.cli import given, output
from catalyst.engine.engine import Unusable
from catalyst.errors import UsageError, shown
from catalyst.guard.plan import decode
from catalyst.guard.record import replace
from catalyst.guard.steps import describe
from catalyst.instance import examine
from catalyst.policy.build import build, controls
from catalyst.policy.model import Rule
from catalyst.policy.requirement import words
from catalyst.settings import FIELDS, Level, load, text_of


def policy_show(arguments: argparse.Namespace) -> int:
    """Settings with their origin, the rules they lead to, and what the guard makes of them."""
    settings = given.settings(arguments)
    policy = build(settings)
    steps = describe(decode(examine.render(settings, "guard").text))
    rows = [(field.variable, text_of(getattr(settings, field.key)), settings.origin[field.key]) for field in FIELDS]
    if arguments.json:
        output.as_json({
            "settings": {name: {"value": value, "origin": origin} for name, value, origin in rows},
            "rules": [{"rule": rule_words(one.rule), "controls": one.controls} for one in policy],
            "guard": steps,
        })  # fmt: skip
        return 0
    output.table("settings", ("variable", "value", "from"), rows)
    print()
    output.table("rules", ("rule", "control"), [(rule_words(one.rule), ", ".join(one.controls)) for one in policy])
    print()
    output.table("what the guard does, in this order (for the canary)", ("",), [(step,) for step in steps])
    return 0


def policy_explain(arguments: argparse.Namespace) -> int:
    """One control: why, rule, layers, gaps."""
    known = {control.id: control for control in controls()}
    if arguments.control not in known:
        raise UsageError(f"there is no control {shown(arguments.control)}", f"one of: {', '.join(known)}")
    settings, control = given.settings(arguments), known[arguments.control]
    rules = [rule_words(rule) for rule in control.rules(settings)]
    layers = {
        one.engine: {
            **{layer: words(said) for layer, said in one.answers[control.id].layers.items()},
            "together": words(one.answers[control.id].overall),
        }
        for one in examine.engines_here(settings)
        if not isinstance(one.found, Unusable) and control.id in one.answers
    }
    if arguments.json:
        output.as_json({"control": control.id, "title": control.title, "why": control.why, "core": control.core,
                        "rules": rules, "engines": layers})  # fmt: skip
        return 0
    print(f"{control.id}: {control.title}\nwhy: {control.why}")
    print(f"at high and above it {'must hold, or nothing starts' if control.core else 'is reported'}")
    print("rules here: " + ("; ".join(rules) or "none, because the settings do not ask for it"))
    if rules:
        output.table("", ("engine", "outer layer", "inner layer", "together"),
                     [(engine, *said.values()) for engine, said in layers.items()])  # fmt: skip
    return 0


def policy_diff(arguments: argparse.Namespace) -> int:
    """The rules that differ between two levels, everything else at its default."""
    plain = load({}, environ={})
    first, second = (build(replace(plain, security_level=Level[name.upper()]))
                     for name in (arguments.first, arguments.second))  # fmt: skip
    left = {type(one.rule): rule_words(one.rule) for one in first}
    right = {type(one.rule): rule_words(one.rule) for one in second}
    rows = [(left.get(kind, "–"), right.get(kind, "–")) for kind in {**left, **right} if left.get(kind) != right.get(kind)]
    if arguments.json:
        output.as_json([{arguments.first: one, arguments.second: other} for one, other in rows])
    else:
        output.table("", (arguments.first, arguments.second), rows)
    return 0


def policy_flags(arguments: argparse.Namespace) -> int:
    """The flags a user may hand to ComfyUI."""
    if arguments.json:
        output.as_json(comfyui_flags.ALLOWED)
    else:
        print("\n".join(f"{name}{' VALUE' * count}" for name, count in comfyui_flags.ALLOWED.items()))
    return 0


def rule_words(rule: Rule) -> str:
    """A rule as one line: its name and its values."""
    values = ", ".join(f"{name}={_value(name, value)}" for name, value in vars(rule).items())
    return f"{type(rule).__name__}({values})"


def _value(name: str, value: Any) -> str:
    if name == "mask":
        return f"{value:04o}"
    if name in {"bytes", "memory"}:
        return f"{value >> 30} GiB"
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(str(one) for one in value)) + "}"
    return value.name.lower() if hasattr(value, "name") else str(value)
