"""JUnit, as CI servers read it: a suite for each subject, a case for each check; what is unknown is skipped, with why."""

import re
from html import escape  # xml.sax.saxutils loads an HTTP client

from catalyst.audit.model import Broken, Held, NotApplicable, Unknown
from catalyst.audit.report.summary import Report
from catalyst.audit.run import Row, Subject

_SPACE = re.compile(r"[\t\n\r]")
_NOT_XML = r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # takes 10 ms to compile: when it is used


def junit(report: Report) -> str:
    """The text of the file."""
    suites = "".join(_suite(subject, [row for row in report.rows if row.subject is subject])
                     for subject in report.subjects)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="catalyst audit">\n{suites}</testsuites>\n'


def _suite(subject: Subject, rows: list[Row]) -> str:
    failures = sum(isinstance(row.outcome, Broken) and not row.accepted for row in rows)
    undone = [_skipped(f"<testcase classname={_text(subject.name)} name={_text(why)}>", f"not done: {why}")
              for why in subject.undone]  # fmt: skip
    skipped = sum(not isinstance(row.outcome, Held | Broken) or bool(row.accepted) for row in rows) + len(undone)
    count = f'tests="{len(rows) + len(undone)}" failures="{failures}" skipped="{skipped}" errors="0"'
    head = f"<testsuite name={_text(f'{subject.kind} {subject.name}')} {count}>\n"
    return f"{head}{''.join(map(_case, rows))}{''.join(undone)}</testsuite>\n"


def _skipped(head: str, why: str) -> str:
    return f"{head}<skipped message={_text(why)}/></testcase>\n"


def _case(row: Row) -> str:
    name = f"{row.check.id}: {row.check.title}" + (f" ({row.part})" if row.part else "")
    head = f"<testcase classname={_text(row.subject.name)} name={_text(name)}>"
    match row.outcome:
        case Broken(at):
            said = "; ".join(f"line {one.line}: {one.evidence}" if one.line else one.evidence for one in at)
            if row.accepted:
                return _skipped(head, f"accepted: {row.accepted}: {said}")
            return f"{head}<failure type={_text(row.check.severity.name.lower())} message={_text(said)}/></testcase>\n"
        case Unknown(why):
            return _skipped(head, f"unknown: {why}")
        case NotApplicable(why):
            return _skipped(head, f"not applicable: {why}")
        case Held():
            return f"{head}</testcase>\n"


def _text(value: str) -> str:
    """An attribute's value; white space as references, or a parser would make blanks of it (XML 1.0, 3.3.3)."""
    return f'"{_SPACE.sub(lambda found: f"&#{ord(found[0])};", escape(re.sub(_NOT_XML, "?", value)))}"'
