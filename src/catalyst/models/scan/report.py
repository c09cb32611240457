"""A scan as JSON and as SARIF 2.1.0."""

import hashlib
import json
import os
from collections.abc import Sequence

from catalyst import __version__
from catalyst.guard.record import Record
from catalyst.models.scan.finding import Examined, Finding
from catalyst.models.scan.rules import RULES, Rule
from catalyst.severity import LEVEL, SCORE, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
INCOMPLETE = 3


class Report(Record):
    """All files, what was found, and what held the process that read them."""

    files: tuple[Examined, ...]
    findings: tuple[Finding, ...]
    confined: tuple[str, ...]

    @property
    def unjudged(self) -> tuple[Examined, ...]:
        """Files of which nothing may be said."""
        return tuple(one for one in self.files if one.unjudged)


def severity(finding: Finding) -> Severity:
    """How bad a finding is."""
    return RULES[finding.rule].severity


def exit_code(report: Report) -> int:
    """The worst finding (11 to 14); else 3 when a file could not be judged or there was none; else 0 (design §5)."""
    if report.findings:
        return int(max(severity(one) for one in report.findings))
    return INCOMPLETE if report.unjudged or not report.files else 0


def document(report: Report) -> dict[str, object]:
    """The JSON form."""
    counts = {level.name.lower(): sum(severity(one) is level for one in report.findings) for level in reversed(Severity)}
    return {
        "version": 1, "catalyst": __version__, "confined": list(report.confined),
        "counts": {"files": len(report.files), "not_judged": len(report.unjudged), **counts},
        "findings": [{"rule": one.rule, "severity": severity(one).name.lower(), "path": one.path, "inside": one.inside,
                      "line": one.line, "evidence": one.evidence, "title": RULES[one.rule].title}
                      for one in report.findings],
        "not_judged": [{"path": one.path, "kind": one.kind, "why": one.unjudged} for one in report.unjudged],
        "files": [{"path": one.path, "kind": one.kind, "bytes": one.size} for one in report.files],
    }  # fmt: skip


def sarif(report: Report, paths: Sequence[str]) -> str:
    """SARIF with GitHub's required fields (knowledge: audit.md §10). Paths are as they were named."""
    used = sorted({one.rule for one in report.findings})
    driver = {"name": "catalyst scan", "version": __version__, "semanticVersion": __version__,
              "rules": [_rule(RULES[name]) for name in used]}  # fmt: skip
    notes = [{"level": "warning", "message": {"text": f"Not judged: {one.path}: {one.unjudged}."}}
             for one in report.unjudged]
    run = {
        "tool": {"driver": driver}, "automationDetails": {"id": f"catalyst-scan/{_digest(*paths)[:8]}/"},
        "invocations": [{"executionSuccessful": not report.unjudged, "toolExecutionNotifications": notes}],
        "results": [_result(one) for one in report.findings], "columnKind": "unicodeCodePoints",
    }  # fmt: skip
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id, "shortDescription": {"text": f"{_sentence(rule.title)}."},
        "fullDescription": {"text": f"{_sentence(rule.title)}. {rule.why}"}, "help": {"text": f"{rule.fix}."},
        "defaultConfiguration": {"level": LEVEL[rule.severity]},
        "properties": {"tags": ["security", f"external/cwe/cwe-{rule.cwe}"], "precision": "high",
                       "security-severity": SCORE[rule.severity]},
    }  # fmt: skip


def _result(one: Finding) -> dict[str, object]:
    where = f" In {one.inside}." if one.inside else ""
    return {
        "ruleId": one.rule, "level": LEVEL[severity(one)],
        "message": {"text": f"{_sentence(RULES[one.rule].title)}. {one.evidence}.{where}"},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": _uri(one.path)},
            "region": {"startLine": one.line, "startColumn": 1, "endLine": one.line, "endColumn": 2},
        }}],
        "partialFingerprints": {"primaryLocationLineHash": _digest(one.rule, one.path, one.inside, one.evidence)[:32]},
    }  # fmt: skip


def _uri(path: str) -> str:
    """Relative where the path is, so that it fits a repository; else with file://, which SARIF1004 asks for."""
    from pathlib import Path
    from urllib.parse import quote

    relative = path.removeprefix("./")
    return Path(path).absolute().as_uri() if relative.startswith(("/", "..")) else quote(os.fsencode(relative))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
