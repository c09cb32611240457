"""`catalyst scan`."""

import argparse
from pathlib import Path

from catalyst.cli import output
from catalyst.errors import CatalystError, shown
from catalyst.instance.scan import scan as look
from catalyst.models.scan import report
from catalyst.models.scan.rules import RULES
from catalyst.severity import Severity


def scan(arguments: argparse.Namespace) -> int:
    """11 to 14 for the worst finding, 3 when a file could not be judged or there was none, else 0."""
    found = look(arguments.paths)
    if arguments.sarif:
        try:
            Path(arguments.sarif).write_text(report.sarif(found, arguments.paths), encoding="utf-8")
        except OSError as error:
            raise CatalystError(f"cannot write {shown(arguments.sarif)}: {(error.strerror or '').lower()}",
                                "name another file") from error  # fmt: skip
    if arguments.json:
        output.as_json(report.document(found))
    else:
        _print(found)
    return report.exit_code(found)


def _print(found: report.Report) -> None:
    for level in reversed(Severity):
        rows = [(f"{one.path}{f'!{one.inside}' if one.inside else ''}:{one.line}", RULES[one.rule].title,
                 one.evidence, one.rule)
                for one in found.findings if report.severity(one) is level]  # fmt: skip
        if rows:
            output.table(f"{level.name.lower()}: {len(rows)}", ("where", "what", "evidence", "rule"), rows)
            print()
    if found.unjudged:
        output.table(f"not judged: {len(found.unjudged)}", ("file", "why"),
                     [(one.path, one.unjudged) for one in found.unjudged])
        print()
    count = len(found.findings)
    print(f"{len(found.files)} files, {count or 'no'} finding{'s' if count != 1 else ''}, {len(found.unjudged)} not judged. "
          "No finding does not mean safe.")  # fmt: skip
    print(f"read by a process with {', '.join(found.confined) or 'nothing to read'}")
