"""The JSON form. Its `version` changes when a key changes its meaning or goes."""

from typing import Any

from catalyst import __version__
from catalyst.audit.model import Broken, Held
from catalyst.audit.report.summary import WORDS, Report, counts, exit_code, findings
from catalyst.audit.run import Row


def document(report: Report, *, allow_incomplete: bool) -> dict[str, Any]:
    """Everything the audit knows."""
    return {
        "version": 1, "catalyst": __version__, "counts": counts(report),
        "exit_code": exit_code(report, allow_incomplete=allow_incomplete),
        "subjects": [{"kind": one.kind, "name": one.name, "not_done": list(one.undone)} for one in report.subjects],
        "findings": [{**_key(row), "line": place.line or None, "evidence": place.evidence, "title": row.check.title,
                      "why": row.check.why, "fix": row.check.remedy(row.subject.kind),
                      "references": list(row.check.references)} for row, place in findings(report.of(Broken))],
        "accepted": [{**_key(row), "evidence": place.evidence, "reason": row.accepted}
                     for row, place in findings(report.accepted)],
        "rest": [{**_key(row), "outcome": WORDS[type(row.outcome)], "said": _said(row)}
                 for row in report.rows if not isinstance(row.outcome, Broken)],
    }  # fmt: skip


def _key(row: Row) -> dict[str, str]:
    return {"id": row.check.id, "severity": row.check.severity.name.lower(), "control": row.check.control,
            "subject": row.subject.name, "part": row.part}  # fmt: skip


def _said(row: Row) -> str:
    if isinstance(row.outcome, Broken):
        return ""
    return row.outcome.evidence if isinstance(row.outcome, Held) else row.outcome.why
