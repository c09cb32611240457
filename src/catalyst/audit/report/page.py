"""One self-contained HTML page: no script, no external resource, every text escaped."""

from html import escape
from importlib import resources

from catalyst import __version__
from catalyst.audit.model import At, Broken, Held, NotApplicable, Unknown
from catalyst.audit.report.summary import WORDS, Report, counts, findings, sentence, where
from catalyst.audit.run import Row
from catalyst.severity import Severity


def page(report: Report) -> str:
    """The text of the file."""
    shared = resources.files("catalyst.canary").joinpath("page.css").read_text("utf-8")
    own = resources.files("catalyst.audit.report").joinpath("page.css").read_text("utf-8")
    found = counts(report)
    loud = "loud" if report.of(Broken) else "doubtful" if found["unknown"] or found["not_done"] else "calm"
    subjects = ", ".join(f"{one.kind} {one.name}" for one in report.subjects) or "nothing"
    body = [*(_severity(report, level) for level in reversed(Severity)), _undone(report), _accepted(report)]
    rest = [_rest(report, kind) for kind in (Unknown, Held, NotApplicable)]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>catalyst audit</title>
<style>{shared}{own}</style>
</head>
<body><main>
<h1>catalyst audit</h1>
<p>{escape(subjects)}</p>
<section class="summary {loud}"><h2>{escape(_verdict(report))}</h2>{_bars(found)}</section>
{"".join(body)}{"".join(rest)}
<p class="soft">{escape(sentence(report))}. catalyst {escape(__version__)}. Counts are of findings, and nothing is
weighted:
no held check makes up for a broken one.</p>
</main></body>
</html>
"""


def _verdict(report: Report) -> str:
    broken = report.of(Broken)
    if broken:
        return f"The worst finding is {max(row.check.severity for row in broken).name.lower()}"
    if report.of(Unknown) or report.undone or not report.rows:
        return "Nothing broken, and not everything is known"
    return "Everything that was looked at held"


def _bars(found: dict[str, int]) -> str:
    items = [(level.name.lower(), found[level.name.lower()]) for level in reversed(Severity)]
    items += [("held", found["held"]), ("unknown", found["unknown"]), ("accepted", found["accepted"])]
    lines = (f'<li class="{name if count else "none"}"><b>{count}</b> {name}</li>' for name, count in items)
    return f"<ul>{''.join(lines)}</ul>"


def _severity(report: Report, level: Severity) -> str:
    found = [(row, place) for row, place in findings(report.of(Broken)) if row.check.severity is level]
    if not found:
        return ""
    name = level.name.lower()
    cards = "".join(_card(row, place) for row, place in found)
    return f'<section class="{name}"><h2>{name.capitalize()}: {len(found)}</h2>{cards}</section>\n'


def _card(row: Row, place: At) -> str:
    check = row.check
    return f"""<article class="finding">
<h3>{escape(place.evidence)}</h3>
<p class="where"><code>{escape(where(row, place))}</code></p>
<p>Should be: {escape(check.title)}. {escape(check.why)}</p>
<pre>{escape(check.remedy(row.subject.kind))}</pre>
<p class="soft">{escape(check.id)} · {escape(" · ".join(check.references))}</p>
</article>
"""


def _undone(report: Report) -> str:
    if not report.undone:
        return ""
    lines = "".join(f"<li>{escape(one)}</li>" for one in report.undone)
    return f"<section><h2>Not done: {len(report.undone)}</h2><ul>{lines}</ul></section>\n"


def _accepted(report: Report) -> str:
    rows = "".join(_line(where(row, place), place.evidence, row.accepted) for row, place in findings(report.accepted))
    return f"<section><h2>Accepted</h2><table><tbody>{rows}</tbody></table></section>\n" if rows else ""


def _rest(report: Report, kind: type) -> str:
    rows = "".join(_line(row.check.title, f"{row.subject.name} {row.part}", _said(row)) for row in report.of(kind))
    if not rows:
        return ""
    word = WORDS[kind].capitalize()
    state = " open" if kind is Unknown else ""
    return (f"<details{state}><summary>{word}: {len(report.of(kind))}</summary>"
            f"<table><tbody>{rows}</tbody></table></details>\n")  # fmt: skip


def _line(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{escape(one)}</td>' for one in cells)}</tr>"


def _said(row: Row) -> str:
    match row.outcome:
        case Held(evidence):
            return evidence
        case Unknown(why) | NotApplicable(why):
            return why
        case Broken():
            return ""
