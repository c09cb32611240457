"""`catalyst render TARGET`."""

import argparse
import shlex

from catalyst.cli import given, output
from catalyst.errors import UsageError, shown
from catalyst.instance import examine
from catalyst.render.target import targets


def render(arguments: argparse.Namespace) -> int:
    """The policy for one consumer on stdout; what it cannot say as notices on stderr."""
    if arguments.target not in targets():
        raise UsageError(f"there is no target {shown(arguments.target)}", f"one of: {', '.join(targets())}")
    rendered = examine.render(given.settings(arguments), arguments.target)
    if arguments.json:
        output.as_json({"target": arguments.target, "argv": rendered.argv, "text": rendered.text,
                        "gaps": [{"control": gap.control, "rule": gap.rule, "reason": gap.reason, "whole": gap.whole}
                                 for gap in rendered.gaps]})  # fmt: skip
        return 0
    print(rendered.text.rstrip("\n") or shlex.join(rendered.argv))
    for gap in rendered.gaps:
        output.notice(f"{gap.control}: {'not' if gap.whole else 'partly'} said here: {gap.reason}")
    return 0
