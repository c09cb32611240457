"""SARIF 2.1.0 that passes GitHub's ingestion rules (knowledge: audit.md §10). Accepted findings are suppressed
results."""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from catalyst import __version__
from catalyst.audit.model import At, Broken, Check, Unknown
from catalyst.audit.report.summary import Report, findings
from catalyst.audit.run import Row
from catalyst.severity import LEVEL, SCORE

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS, MOST_TEXT = 25_000, 1024  # GitHub's limits


def sarif(report: Report) -> str:
    """The text of the file."""
    rows = [*report.of(Broken), *report.accepted]
    used = {row.check.id: row.check for row in rows}
    driver = {"name": "catalyst audit", "version": __version__, "semanticVersion": __version__,
              "rules": [_rule(used[name]) for name in sorted(used)]}  # fmt: skip
    notes = [f"Not done: {one}." for one in report.undone]
    notes += [f"Unknown: {row.check.id} on {row.subject.name} {row.part}: {row.outcome.why}."
              for row in report.of(Unknown)
              if isinstance(row.outcome, Unknown)]  # fmt: skip
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"catalyst-audit/{_digest(*(one.name for one in report.subjects))[:8]}/"},
        "invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": [
            {"level": "warning", "message": {"text": note}} for note in notes]}],
        "results": [_result(row, place) for row, place in findings(rows)][:MOST_RESULTS],
        "columnKind": "unicodeCodePoints",
    }  # fmt: skip
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(check: Check) -> dict[str, Any]:
    tags = ["security", f"control/{check.control}"]
    tags += [f"external/cwe/{one.lower()}" for one in check.references if one.startswith("CWE-")]
    fixes = "\n".join(f"{kind or 'everywhere'}: {text}" for kind, text in check.fix.items())
    return {
        "id": check.id, "shortDescription": {"text": f"{_sentence(check.title)}."},
        "fullDescription": {"text": f"{_sentence(check.title)}. {check.why}"[:MOST_TEXT]},
        "help": {"text": f"{fixes}\n\nSee also: {', '.join(check.references)}."},
        "defaultConfiguration": {"level": LEVEL[check.severity]},
        "properties": {"tags": tags, "precision": "high", "security-severity": SCORE[check.severity]},
    }  # fmt: skip


def _result(row: Row, place: At) -> dict[str, Any]:
    line = max(place.line, 1)
    part = f" In {row.part}." if row.part else ""
    result: dict[str, Any] = {
        "ruleId": row.check.id, "level": LEVEL[row.check.severity],
        "message": {"text": f"Not so: {row.check.title}. {_sentence(place.evidence)}.{part}"},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(row)},
            "region": {"startLine": line, "startColumn": 1, "endLine": line, "endColumn": 2},
        }}],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(row, place)},
    }  # fmt: skip
    if row.accepted:
        result["suppressions"] = [{"kind": "external", "justification": row.accepted}]
    return result


def uri(row: Row) -> str:
    """Relative where the path is, so that it fits a repository; of what is no file, a path that says what it is."""
    file = row.subject.file
    if not file or file == "-":
        return quote(f"{row.subject.kind}/{re.sub(r'[^A-Za-z0-9._-]', '-', row.subject.name) or 'unnamed'}")
    relative = file.removeprefix("./")
    return Path(file).absolute().as_uri() if relative.startswith(("/", "..")) else quote(os.fsencode(relative))


def _fingerprint(row: Row, place: At) -> str:
    """The same finding in the next run, wherever its line has moved."""
    return _digest(row.check.id, row.subject.name, row.part, place.evidence)[:32]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
