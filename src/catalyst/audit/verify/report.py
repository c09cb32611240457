"""A matrix as JSON, as SARIF and as a page."""

import hashlib
import json
from html import escape
from importlib import resources

from catalyst import __version__
from catalyst.audit.inside.judge import Verdict
from catalyst.audit.verify.verify import Matrix, Row
from catalyst.policy.build import Control, controls

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# GitHub reads the severity from this property, a string (knowledge: audit.md §10).
SEVERITY = {True: "9.5", False: "8.0"}
ORDER: tuple[Verdict, ...] = ("broken", "unknown", "held", "open")
WORD = {"broken": "BROKEN", "unknown": "unknown", "held": "held", "open": "not promised here"}


_KEY = {"open": "not_applicable"}


def document(matrix: Matrix) -> dict[str, object]:
    """The JSON form: `probes` that were judged, in the order of their files, and apart from them `not_applicable`, which
    nobody promises to stop here; `counts` and, where it was done, `ablation`."""
    return {
        "version": 1,
        "catalyst": __version__,
        "engine": matrix.engine,
        "security_level": matrix.level,
        "network_mode": matrix.network,
        "layers": matrix.layers,
        "counts": {_KEY.get(outcome, outcome): matrix.count(outcome) for outcome in ORDER},
        "probes": [_entry(row) for row in matrix.rows if row.outcome != "open"],
        "not_applicable": [{**_entry(row), "outcome": "not applicable"} for row in matrix.rows if row.outcome == "open"],
        "ablation": [{"without": name, "gets_through": what} for name, what in matrix.ablated],
    }


def _entry(row: Row) -> dict[str, object]:
    return {
        "id": row.probe.id, "title": row.probe.title, "theme": row.probe.theme, "origin": row.probe.origin,
        "control": row.probe.control, "layer": " + ".join(row.layer) or "none", "outcome": row.outcome,
        "errno": row.answer.errno, "evidence": row.answer.evidence,
        "positive_control": "succeeds unconfined" if not row.shown else row.shown,
        "open_because": why_open(row), "gets_through_without": list(row.stopped_by), "unproved": row.unproved,
    }  # fmt: skip


def why_open(row: Row) -> str:
    """Why nobody promises to stop it here; empty where somebody does."""
    if row.outcome != "open":
        return ""
    if row.probe.open_because:
        return row.probe.open_because
    return "no layer here claims to hold it" if not row.layer else "not at this level and network mode"


def sarif(matrix: Matrix) -> str:
    """SARIF 2.1.0: a result for each broken or unknown probe, placed at the probe's own file."""
    known = {control.id: control for control in controls()}
    found = [row for row in matrix.rows if row.outcome in {"broken", "unknown"}]
    driver = {
        "name": "catalyst verify", "version": __version__, "semanticVersion": __version__,
        "rules": [_rule(row, known[row.probe.control]) for row in matrix.rows],
    }  # fmt: skip
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"catalyst-verify/{matrix.engine}/{matrix.level}/{matrix.network}/{matrix.layers}/"},
        "results": [_result(row, matrix) for row in found],
        "columnKind": "unicodeCodePoints",
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(row: Row, control: Control) -> dict[str, object]:
    probe = row.probe
    return {
        "id": probe.id,
        "shortDescription": {"text": f"{_sentence(probe.title)}."},
        "fullDescription": {"text": f"An attempt to {probe.title} (seen in: {probe.origin}). {_sentence(control.title)}."},
        "help": {"text": f"Control {control.id}: {control.why}. See: catalyst policy explain {control.id}"},
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "tags": ["security", f"control/{control.id}"], "precision": "very-high",
            "security-severity": SEVERITY[control.core],
        },
    }  # fmt: skip


def _result(row: Row, matrix: Matrix) -> dict[str, object]:
    file = f"src/catalyst/audit/probes/{row.probe.id.replace('-', '_')}.py"
    said = f"{row.answer.errno}: {row.answer.evidence}" if row.answer.errno else row.answer.evidence
    verb = "got through" if row.outcome == "broken" else "cannot be judged"
    where = f"{matrix.engine}, {matrix.level}, {matrix.network}"
    fingerprint = hashlib.sha256(f"{row.probe.id}/{where}/{matrix.layers}".encode()).hexdigest()[:32]
    return {
        "ruleId": row.probe.id,
        "level": "error" if row.outcome == "broken" else "warning",
        "message": {"text": f"The attempt to {row.probe.title} {verb} ({where}). {_sentence(said)}."},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": file},
            "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2},
        }}],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
    }  # fmt: skip


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".")


def page(matrix: Matrix) -> str:
    """One self-contained HTML page: no script, no external resource, every text escaped."""
    style = resources.files("catalyst.canary").joinpath("page.css").read_text("utf-8")
    sections = "".join(_section(outcome, matrix) for outcome in ORDER)
    counted = counts(matrix)
    loud = "loud" if matrix.count("broken") else "calm"
    title = f"{matrix.engine}, SECURITY_LEVEL={matrix.level}, NETWORK_MODE={matrix.network}, {_layers(matrix.layers)}"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>catalyst verify</title>
<style>{style}</style>
</head>
<body><main>
<h1>catalyst verify</h1>
<p>{escape(title)}. {len(matrix.rows)} attempts were made from where ComfyUI's code would run.</p>
<section class="summary {loud}"><h2>{escape(counted)}</h2></section>
{sections}{_ablation(matrix)}
</main></body>
</html>
"""


def counts(matrix: Matrix) -> str:
    """In words: `0 broken, 0 unknown, 348 held, 23 not promised here`."""
    return ", ".join(f"{(number := matrix.count(outcome))} {WORD[outcome] if number else WORD[outcome].lower()}"
                     for outcome in ORDER)  # fmt: skip


def _layers(layers: str) -> str:
    return "both layers" if layers == "both" else f"the {layers} layer alone"


CLASS = {"broken": "allowed", "unknown": "unknown", "held": "denied", "open": "expected"}


def _section(outcome: str, matrix: Matrix) -> str:
    rows = "".join(_table_row(row) for row in matrix.rows if row.outcome == outcome)
    if not rows:
        return ""
    return f"""<section><h2 id="{outcome}">{escape(_sentence(WORD[outcome]))}</h2>
<table aria-labelledby="{outcome}"><thead><tr><th scope="col">What it tried</th><th scope="col">Seen in</th>
<th scope="col">Control and layer</th><th scope="col">Result</th></tr></thead><tbody>{rows}</tbody></table></section>
"""


def _table_row(row: Row) -> str:
    notes = [row.answer.evidence, why_open(row), f"positive control: {row.shown}" if row.shown else ""]
    notes += [f"gets through without {name}" for name in row.stopped_by[:3]]
    evidence = "".join(f'<span class="evidence">{escape(note)}</span>' for note in notes if note)
    error = f" <code>{escape(row.answer.errno)}</code>" if row.answer.errno else ""
    return (
        f'<tr class="{CLASS[row.outcome]}"><th scope="row">{escape(_sentence(row.probe.title))}{evidence}</th>'
        f"<td>{escape(row.probe.origin)}</td><td>{escape(row.probe.control)}"
        f'<span class="evidence">{escape(", ".join(row.layer) or "no layer here")}</span></td>'
        f'<td><span class="word">{WORD[row.outcome]}</span>{error}</td></tr>\n'
    )


def _ablation(matrix: Matrix) -> str:
    if not matrix.ablated:
        return ""
    rows = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(what)}</td></tr>\n'
                   for name, what in matrix.ablated)  # fmt: skip
    return f"""<section><h2 id="ablation">What gets through without</h2>
<table aria-labelledby="ablation"><tbody>{rows}</tbody></table></section>"""
