"""`catalyst verify`."""

import argparse
import signal
import sys
import time
from pathlib import Path

from catalyst.audit.verify import report
from catalyst.audit.verify.verify import Matrix, Row
from catalyst.audit.verify.verify import verify as attack
from catalyst.cli import given, output
from catalyst.container import verify as container
from catalyst.container.entrypoint import unprivileged
from catalyst.container.prepare import inside
from catalyst.engine.engine import choose
from catalyst.errors import CatalystError, UsageError
from catalyst.instance.front import note_verified
from catalyst.instance.store import Store
from catalyst.policy.build import controls
from catalyst.settings import Settings

INCOMPLETE, HIGH, CRITICAL = 3, 13, 14  # design §5


def verify(arguments: argparse.Namespace) -> int:
    """0 when every promised probe held, 3 when one is unknown, 13 or 14 when one got through (14: a core control)."""
    settings = given.settings(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stopped)  # by exception, so that sandbox and bait are taken away
    if inside():
        return in_a_container(settings, arguments)
    engine = choose(settings.engine, settings.image, settings.runtime)
    matrix = attack(settings, engine, layers=arguments.layers, ablate=arguments.ablate, tell=output.notice)
    return _tell(settings, matrix, arguments)


def in_a_container(settings: Settings, arguments: argparse.Namespace) -> int:
    """The same from within, where the layer around is somebody else's and stays. Raises UsageError for one layer alone."""
    if arguments.layers != "both" or arguments.ablate:
        raise UsageError("in a container the layer around cannot be taken away", "catalyst verify")
    return _tell(settings, container.verify(unprivileged(settings), output.notice), arguments)


def _tell(settings: Settings, matrix: Matrix, arguments: argparse.Namespace) -> int:
    for file, make in ((arguments.sarif, report.sarif), (arguments.html, report.page)):
        if file:
            _write(file, make(matrix))
    if arguments.layers == "both":
        found = {"when": time.strftime("%Y-%m-%d %H:%M"), "engine": matrix.engine, "security level": matrix.level,
                 "network mode": matrix.network, "result": report.counts(matrix)}  # fmt: skip
        note_verified(Store(settings.data), found)
    if arguments.json:
        output.as_json(report.document(matrix))
    else:
        _print(matrix)
    return _code(matrix)


def _stopped(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CatalystError(f"cannot write {file}: {(error.strerror or '').lower()}", "name another file") from error


def _code(matrix: Matrix) -> int:
    core = {control.id for control in controls() if control.core}
    broken = [row for row in matrix.rows if row.outcome == "broken"]
    if broken:
        return CRITICAL if any(row.probe.control in core for row in broken) else HIGH
    lacking = matrix.count("unknown") or matrix.not_started() or any(row.unproved for row in matrix.rows)
    return INCOMPLETE if lacking else 0


def _print(matrix: Matrix) -> None:
    layers = "" if matrix.layers == "both" else f", the {matrix.layers} layer alone"
    columns = ("probe", "seen in", "control", "held by", "result", "what happened")
    for outcome in reversed(report.ORDER):
        rows = [row for row in matrix.rows if row.outcome == outcome]
        if rows:
            output.table(f"{report.WORD[outcome]}: {len(rows)}", columns, [_cells(row) for row in rows])
            print()
    if matrix.ablated:
        output.table("what gets through without", ("without", "then these get through"), list(matrix.ablated))
        print()
        for row in matrix.rows:
            if row.unproved:
                print(f"unproved: {row.probe.id} gets through in no variant, so nothing shows that it could")
    print(f"{matrix.engine}, SECURITY_LEVEL={matrix.level}, NETWORK_MODE={matrix.network}{layers}: {report.counts(matrix)}")
    sys.stdout.flush()


def _cells(row: Row) -> tuple[str, ...]:
    said = f"{row.answer.errno}: {row.answer.evidence}" if row.answer.errno else row.answer.evidence
    notes = [said, report.why_open(row), f"positive control: {row.shown}" if row.shown else ""]
    notes += [f"gets through without {name}" for name in row.stopped_by[:2]]
    return (row.probe.id, row.probe.origin, row.probe.control, ", ".join(row.layer) or "-", report.WORD[row.outcome],
            "; ".join(note for note in notes if note))  # fmt: skip
