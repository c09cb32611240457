"""The page: what was tried and what stopped it. No script, no external resource; every text from a run is escaped."""

from collections.abc import Iterable, Mapping
from html import escape
from importlib import resources

from catalyst.audit.inside.judge import THEMES, VERDICTS, Verdict
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


WORDS: dict[Verdict, str] = {"held": "held", "broken": "BROKEN", "unknown": "unknown", "open": "not promised"}
NO_BAIT = "no bait was laid"


def render(report: Report) -> str:
    """The whole page."""
    baitless = tuple(result for result in report.results if result.answer.evidence == NO_BAIT)
    tried = tuple(result for result in report.results if result not in baitless)
    level, network, engine = map(escape, report.sandbox)
    themes = "".join(_theme(key, heading, tried) for key, heading in _themes(tried).items())
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
<p>Judged by what SECURITY_LEVEL={level} and NETWORK_MODE={network} promise, in a sandbox made by {engine}. That each
attempt works where nothing stops it is shown by <code>catalyst verify</code>, which makes the same ones outside.</p>
{_summary(tried)}
<form action="/" method="get"><button>Try again</button></form>
{themes}
{_open(tried)}
{_baitless(baitless)}
{_identity(report.identity)}
{_legend()}
</main>
</body>
</html>
"""


def counts(results: Iterable[Result]) -> dict[Verdict, int]:
    """How many there are of each verdict."""
    found = dict.fromkeys(VERDICTS, 0)
    for result in results:
        found[result.verdict] += 1
    return found


def _themes(results: Iterable[Result]) -> dict[str, str]:
    """The known themes, then those of other probes under their own name."""
    return THEMES | {one.probe.theme: one.probe.theme for one in results if one.probe.theme not in THEMES}


def _summary(results: tuple[Result, ...]) -> str:
    found = counts(results)
    promised = len(results) - found["open"]
    verdict = (
        f"{found['broken']} of {promised} promises broken"
        if found["broken"]
        else f"{found['held']} of {promised} promises held"
    )
    if found["unknown"]:
        verdict += f", {found['unknown']} could not be judged"
    names: dict[Verdict, str] = WORDS | {"broken": "broken"}
    items = "".join(f'<li class="{key}"><b>{found[key]}</b> {name}</li>' for key, name in names.items())
    loud = "loud" if found["broken"] else "doubtful" if found["unknown"] or not promised else "calm"
    return f'<section class="summary {loud}"><h2>{verdict}</h2><ul>{items}</ul></section>'


def _theme(key: str, heading: str, results: tuple[Result, ...]) -> str:
    rows = "".join(_row(one) for one in results if one.probe.theme == key and one.verdict != "open")
    return _table(key, heading, "", rows)


def _open(results: tuple[Result, ...]) -> str:
    said = "No promise is made about these here, so none of them counts, whether it got through or not."
    return _table("open", "Open by design, or at this level", said,
                  "".join(_row(one) for one in results if one.verdict == "open"))  # fmt: skip


def _table(key: str, heading: str, said: str, rows: str) -> str:
    if not rows:
        return ""
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("What it tried", "Seen in", "What is to stop it", "Outcome")
    )
    return f"""<section><h2 id="{escape(key)}">{escape(heading)}</h2>{f"<p>{said}</p>" if said else ""}
<table class="probes" aria-labelledby="{escape(key)}">
<thead><tr>{head}</tr></thead>
<tbody>{rows}</tbody>
</table></section>
"""


def _row(result: Result) -> str:
    probe, answer = result.probe, result.answer
    error = f" <code>{escape(answer.errno)}</code>" if answer.errno else ""
    evidence = escape(answer.evidence)
    word, stopper = (
        WORDS[result.verdict],
        f'{escape(probe.control)}<span class="evidence">{escape(result.layer)}</span>',
    )
    if result.verdict == "open":
        word = "got through, as promised" if answer.outcome == "allowed" else f"{answer.outcome}, not promised"
        evidence, stopper = f"{evidence} ({escape(result.why)})", "nothing"
    return (
        f'<tr class="{result.verdict}"><th scope="row">{escape(probe.title[:1].upper() + probe.title[1:])}'
        f'<span class="evidence">{evidence}</span></th><td>{_origin(probe.origin)}</td>'
        f'<td>{stopper}</td><td><span class="word">{word}</span>{error}</td></tr>\n'
    )


def _baitless(results: tuple[Result, ...]) -> str:
    """What cannot be tried from within alone; it is in the JSON as unknown, and counted here nowhere."""
    if not results:
        return ""
    items = "".join(f"<li>{escape(one.probe.title)}</li>" for one in results)
    return f"""<section class="legend"><h2>Not tried here</h2>
<p>These reach for something that must lie on the host first; <code>catalyst verify</code> lays it.</p>
<ul>{items}</ul></section>"""


def _origin(origin: str) -> str:
    """`I7, CVE-2022-0492` with the incident's name before its number, where the page is wide enough."""
    return ", ".join(
        f'<span class="name">{escape(INCIDENTS[part][0])} </span>{part}' if part in INCIDENTS else escape(part)
        for part in origin.split(", ")
    )


def _identity(identity: Mapping[str, str]) -> str:
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
<p>Each was made in a real attack on ComfyUI users, is another tool's probe, or is a usual step (general).</p>
<ul>{items}</ul>
<p>The same as JSON: <a href="/probes">/probes</a></p></section>"""
