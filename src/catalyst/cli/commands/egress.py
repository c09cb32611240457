"""`catalyst egress`: where the workload may connect, and what it was refused."""

import argparse
from typing import Any

from catalyst.cli import given, output
from catalyst.errors import plain
from catalyst.instance import egress


def egress_list(arguments: argparse.Namespace) -> int:
    """The rules in force, and the last refused connections with what would allow them."""
    found = egress.state(given.settings(arguments))
    if arguments.json:
        output.as_json(found)
        return 0
    rules = [(one["rule"], one["from"]) for one in found["rules"]]
    output.table(f"{found['mode']}: {found['reach']}", ("rule", "from") if rules else (), rules)
    if found["refused"]:
        rows = [tuple(str(one[key]) for key in egress.COLUMNS) for one in found["refused"]]
        output.table("refused", egress.COLUMNS, rows)
    return 0


def egress_allow(arguments: argparse.Namespace) -> int:
    """At once where an instance runs; for every start with --save."""
    return _change(arguments, "allow")


def egress_deny(arguments: argparse.Namespace) -> int:
    """The same; connections that are open already and are no longer allowed end."""
    return _change(arguments, "deny")


def _change(arguments: argparse.Namespace, which: str) -> int:
    settings = given.settings(arguments)
    for text in egress.change(settings, which, arguments.rule, save=arguments.save, config=arguments.config):
        output.notice(text)
    return 0


def egress_watch(arguments: argparse.Namespace) -> int:
    """Every decision as it falls, until Ctrl-C or until the instance ends."""
    for decision in egress.watch(given.settings(arguments)):
        print(output.compact(decision) if arguments.json else _line(decision), flush=True)
    return 0


def _line(decision: dict[str, Any]) -> str:
    where = f"{decision.get('host', '?')}:{decision.get('port', '?')}"
    why = decision.get("why") or decision.get("rule") or ""
    words = (decision.get("time", ""), f"{decision.get('verdict', ''):9}", where, decision.get("program", ""), why)
    return plain("  ".join(map(str, words)))
