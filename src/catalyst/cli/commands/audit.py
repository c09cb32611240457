"""`catalyst audit`."""

import argparse
import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path

from catalyst import settings_file
from catalyst.audit import accept, find, opinions
from catalyst.audit.facts import Exceptions
from catalyst.audit.model import Broken, NotApplicable, Unknown
from catalyst.audit.report import document, junit, page, sarif
from catalyst.audit.report.summary import Report, exit_code, findings, sentence, where
from catalyst.audit.run import Subject, checks, run
from catalyst.audit.subjects import comfyui, container, documents, host, image, kubernetes
from catalyst.cli import given, output
from catalyst.errors import CatalystError, UsageError, plain, shown
from catalyst.instance.store import Store
from catalyst.severity import Severity

NODES = "nodes.json"
KINDS = ("container", "image", "host", "instance")


def audit(arguments: argparse.Namespace) -> int:
    """11 to 14 for the worst finding; 3 when no check ran or not everything is known; else 0."""
    _contradicts(arguments)
    exceptions = _exceptions(arguments)
    if arguments.record_nodes:
        return _record(arguments)
    report = _report(arguments, exceptions)
    if arguments.fix:
        from catalyst.cli import mending  # a tenth of the time that an audit takes (bench/audit.py)

        mended = mending.mend(report, _version(arguments.kubernetes), write=arguments.write)
        report = _report(arguments, exceptions) if mended and arguments.write else report
    code = exit_code(report, allow_incomplete=arguments.allow_incomplete)
    forms: tuple[tuple[str | None, Callable[[Report], str]], ...] = (
        (arguments.sarif, sarif.sarif), (arguments.junit, junit.junit), (arguments.html, page.page))  # fmt: skip
    for target, make in forms:
        if target:
            _write(target, make(report))
    if arguments.json:
        output.as_json(document.document(report, allow_incomplete=arguments.allow_incomplete))
    elif not arguments.fix:
        _print(report)
    return code


def _contradicts(arguments: argparse.Namespace) -> None:
    """Raises UsageError for options that do not go together."""
    if arguments.write and not arguments.fix:
        raise UsageError("--write goes with --fix", "catalyst audit --fix --write")
    if arguments.write and "-" in arguments.subject:
        raise UsageError("standard input cannot be written", "name the file: catalyst audit --fix --write FILE")
    if arguments.json and arguments.fix:
        raise UsageError("--fix prints a diff, and --json a document", "leave one of the two out")


def _exceptions(arguments: argparse.Namespace) -> Exceptions:
    """What the owner lives with. Raises SettingsError."""
    named = getattr(arguments, "config", None)
    file = Path(named or "catalyst.toml")
    if named is None:
        settings_file.not_the_workloads(file)
    tables = settings_file.accepted(file, required=named is not None)
    ids = frozenset(check.id for check in checks())
    return accept.read(tables, ids, dt.datetime.now(tz=dt.UTC).date(), str(file))


def _report(arguments: argparse.Namespace, exceptions: Exceptions) -> Report:
    """One audit of what the words name."""
    subjects = _subjects(arguments)
    subjects += accept.subject(exceptions) if subjects else []
    rows = run(subjects)
    if arguments.linters == "auto":
        more = opinions.linted(subjects, rows)
        rows, subjects = (*rows, *run(more)), [*subjects, *more]
    return Report(accept.apply(rows, exceptions), tuple(subjects))


def _subjects(arguments: argparse.Namespace) -> list[Subject]:
    """What the words name. Raises CatalystError."""
    words = list(arguments.subject)
    wish = opinions.Wish(arguments.scanner, arguments.vex or "", arguments.sbom or "")
    kind = words[0] if words and words[0] in KINDS else ""
    if kind:
        return _of_kind(kind, words[1:], arguments, wish)
    if not words:
        from catalyst.audit.subjects import instance  # loads the gateway's state, a twentieth of an audit of files

        settings = given.settings(arguments, quiet=True)
        if instance.running(settings):
            return [instance.read(settings)]
    standard = sys.stdin.buffer.read(documents.MOST_BYTES + 1) if "-" in words else b""
    more = find.Given(_version(arguments.kubernetes), standard, _nodes(arguments), wish)
    return find.files(words or ["."], more)


def _nodes(arguments: argparse.Namespace) -> Path:
    """Where packs of nodes are recorded: out of the workload's reach."""
    return Store(given.settings(arguments, quiet=True).data).kept / NODES


def _record(arguments: argparse.Namespace) -> int:
    """Write down what the packs of nodes of each checkout consist of."""
    Store(given.settings(arguments, quiet=True).data).make_kept()
    for folder in arguments.subject:
        subject = comfyui.read(folder)
        if subject.undone:
            raise CatalystError(f"not recorded: {subject.undone[0]}", "mend that first, or take the pack away")
        packs = subject.facts[0].packs
        comfyui.save_record(_nodes(arguments), folder, packs)
        print(f"recorded {len(packs)} packs of {folder}")
    return 0


def _of_kind(kind: str, names: list[str], arguments: argparse.Namespace, wish: opinions.Wish) -> list[Subject]:
    if kind == "instance":
        from catalyst.audit.subjects import instance

        return [instance.read(given.settings(arguments, quiet=True))]
    if kind == "host":
        return [host.read()]
    if not names:
        raise UsageError(f"which {kind}?", f"name it: catalyst audit {kind} NAME")
    engine = _engine(arguments)
    if kind == "container":
        return [container.read(engine, name) for name in names]
    return [image.of_engine(engine, name, lambda file: opinions.of_image(file, wish)) for name in names]


def _engine(arguments: argparse.Namespace) -> str:
    """The engine that containers and images are looked for in."""
    engine = given.settings(arguments, quiet=True).engine
    if engine == "bwrap":
        raise UsageError("bubblewrap knows no containers", "audit the running instance: catalyst audit instance")
    return "docker" if engine == "auto" else engine


def _version(text: str) -> tuple[int, int]:
    parts = text.lstrip("v").split(".")
    if len(parts) == 2 and all(part.isdigit() for part in parts):
        found = int(parts[0]), int(parts[1])
        if kubernetes.OLDEST <= found <= kubernetes.NEWEST:
            return found
    oldest, newest = (".".join(map(str, one)) for one in (kubernetes.OLDEST, kubernetes.NEWEST))
    raise UsageError(f"the Pod Security Standards of {shown(text)} are not known",
                     f"versions from {oldest} to {newest}: --kubernetes {newest}")  # fmt: skip


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise CatalystError(f"cannot write {shown(file)}: {(error.strerror or '').lower()}",
                            "name another file") from error


def _print(report: Report) -> None:
    for level in reversed(Severity):
        found = [(row, place) for row, place in findings(report.of(Broken)) if row.check.severity is level]
        if found:
            cells = [(where(row, place), place.evidence, row.check.remedy(row.subject.kind), row.check.id)
                     for row, place in found]  # fmt: skip
            output.table(f"{level.name.lower()}: {len(cells)}", ("where", "what", "what to write", "check"), cells)
            print()
    unknown = [(f"{row.subject.name} {row.part}".strip(), row.check.title, row.outcome.why, row.check.id)
               for row in report.of(Unknown) if isinstance(row.outcome, Unknown)]  # fmt: skip
    if unknown:
        output.table(f"unknown: {len(unknown)}", ("where", "is it so that", "not known because", "check"), unknown)
        print()
    for row in report.accepted:
        print(f"accepted: {row.check.id} on {row.subject.name}: {row.accepted}")
    for one in report.undone:
        print(f"not done: {plain(one)}")
    if not [row for row in report.rows if not isinstance(row.outcome, NotApplicable)]:
        output.complain(CatalystError("no audit was performed: nothing here that could be audited",
                                      "name something: catalyst audit compose.yaml, or: catalyst audit host"))  # fmt: skip
        return
    print(sentence(report))
