"""The page: what was tried and what stopped it. No script, no external resource; every text from a run is escaped."""

from collections.abc import Iterable
from html import escape
from importlib import resources

from catalyst.canary.attempts import THEMES
from catalyst.canary.run import Report, Result

STYLE = resources.files("catalyst.canary").joinpath("page.css").read_text("utf-8")
# The incidents that the attempts come from: name, and what it was.
INCIDENTS = {
    "I1": ("LLMVISION", "a node pack with altered packages, 2024"),
    "I3": ("ultralytics", "a dependency with a miner, 2024"),
    "I4": ("srl-nodes", "a node abused through an open port, 2025"),
    "I5": ("Pickai", "a back door on open servers, 2025"),
    "I6": ("Upscaler-4K", "a stealer in the node registry, 2025"),
    "I7": ("GHOST", "a botnet, 2026"),
    "I9": ("NadMesh", "a botnet after cloud keys, 2026"),
    "I10": ("Snyk", "research into open servers, 2024"),
}
MEANING = {
    "Uid": "user id (real, effective, saved, file system)",
    "Gid": "group id",
    "CapEff": "capabilities in effect",
    "CapPrm": "capabilities it may use",
    "CapBnd": "capabilities it may ever gain",
    "CapInh": "capabilities a program it starts may inherit",
    "CapAmb": "capabilities a program it starts keeps",
    "NoNewPrivs": "no new privileges (1 is on)",
    "Seccomp": "system call filter (2 is on)",
}


def render(report: Report) -> str:
    """The whole page."""
    themes = "".join(_theme(key, heading, report.results) for key, heading in THEMES.items())
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Catalyst canary</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>Catalyst canary</h1>
<p>ComfyUI is not installed here. This page is a program in its place that plays a hostile custom node: below is what
it just tried, from where ComfyUI's code would run, and what stopped it. Nothing it tries does harm.</p>
{_summary(report.results)}
<form action="/" method="get"><button>Try again</button></form>
{themes}
{_identity(report.identity)}
{_legend()}
</main>
</body>
</html>
"""


def counts(results: Iterable[Result]) -> dict[str, int]:
    """How many there are of each kind; what the level promises to allow is a kind of its own."""
    found = {"denied": 0, "allowed": 0, "expected": 0, "unknown": 0}
    for result in results:
        found[kind(result)] += 1
    return found


def kind(result: Result) -> str:
    """The outcome, or `expected` where it is allowed as promised."""
    return "expected" if result.answer.outcome == "allowed" and result.expected else result.answer.outcome


def _summary(results: tuple[Result, ...]) -> str:
    found = counts(results)
    verdict = (
        f"{found['allowed']} of {len(results)} attempts got through"
        if found["allowed"]
        else f"No attempt of {len(results)} got through" + (" that should not" if found["expected"] else "")
    )
    if found["unknown"]:
        verdict += f", {found['unknown']} could not be judged"
    names = {"denied": "denied", "allowed": "allowed", "expected": "allowed, as promised", "unknown": "unknown"}
    shown = [key for key in names if key != "expected" or found[key]]
    items = "".join(f'<li class="{key}"><b>{found[key]}</b> {names[key]}</li>' for key in shown)
    loud = "loud" if found["allowed"] else "calm"
    return f'<section class="summary {loud}"><h2>{verdict}</h2><ul>{items}</ul></section>'


def _theme(key: str, heading: str, results: tuple[Result, ...]) -> str:
    rows = "".join(_row(result) for result in results if result.attempt.theme == key)
    if not rows:
        return ""
    return f"""<section><h2 id="{key}">{escape(heading)}</h2>
<table aria-labelledby="{key}">
<thead><tr><th scope="col">What it tried</th><th scope="col">Seen in</th><th scope="col">Result</th></tr></thead>
<tbody>{rows}</tbody>
</table></section>
"""


def _row(result: Result) -> str:
    attempt, answer = result.attempt, result.answer
    words = {"allowed": "ALLOWED", "expected": "allowed, as this level promises"}
    word = words.get(kind(result), answer.outcome)
    error = f" <code>{escape(answer.errno)}</code>" if answer.errno else ""
    return (
        f'<tr class="{kind(result)}"><th scope="row">{escape(attempt.title[:1].upper() + attempt.title[1:])}'
        f'<span class="evidence">{escape(answer.evidence)}</span></th>'
        f'<td>{_origin(attempt.origin)}</td><td><span class="word">{word}</span>{error}</td></tr>\n'
    )


def _origin(origin: str) -> str:
    """`I7, CVE-2022-0492` with the incident's name before its number, where the page is wide enough."""
    return ", ".join(
        f'<span class="name">{escape(INCIDENTS[part][0])} </span>{part}' if part in INCIDENTS else escape(part)
        for part in origin.split(", ")
    )


def _identity(identity: dict[str, str]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}<span class="evidence">{escape(MEANING.get(name, ""))}</span></th>'
        f"<td><code>{escape(value)}</code></td></tr>\n"
        for name, value in identity.items()
    )
    rows = rows or "<tr><td>/proc/self/status cannot be read</td></tr>"
    return f"""<section><h2 id="who">Who it is, by the kernel's account</h2>
<table aria-labelledby="who" class="who"><tbody>{rows}</tbody></table></section>"""


def _legend() -> str:
    items = "".join(f"<li><b>{key}</b> {escape(name)}: {escape(what)}</li>" for key, (name, what) in INCIDENTS.items())
    return f"""<section class="legend"><h2>Where the attempts come from</h2>
<p>Each was made in a real attack on ComfyUI users, or is a usual step of one (general).</p>
<ul>{items}</ul>
<p>The same as JSON: <a href="/attempts">/attempts</a></p></section>"""
