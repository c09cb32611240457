"""The page /catalyst: what is enforced, by which layer, and what happens. It changes nothing and has no script.

`catalyst up` writes what it shows as one JSON document (instance/front.py); the live part is asked for with each view, and
with two containers the other's word (stated.py).
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from html import escape
from typing import Any

from aiohttp import web

from catalyst.services.gateway import pages, stated

REFRESH = 10  # s
ELSEWHERE = '<p class="soft">The workload has a container of its own. This is what that said before the workload ran.</p>'
UNSAID = ("<p>Not known here: the workload has a container of its own, which has not said what holds there: "
          "<code>docker compose logs workload</code>.</p>")  # fmt: skip
# What the broker says: rows of (host, verdict, count); None where there is no broker to ask.
Egress = Callable[[], Iterable[tuple[str, str, int]] | None]


def show(posture: Mapping[str, Any], door: int, live: Mapping[str, str], egress: Egress) -> web.Response:
    """The page. `door` is the folder where a workload's own container says what we cannot know; `live`: label -> value."""
    own = posture.get("controls", [])
    said = {} if own else stated.read(door)
    facts = {**posture.get("facts", {}), **said.get("facts", {}), **live}
    body = f"""<nav><a href="/">ComfyUI</a><a href="/catalyst/logout">Log out</a></nav>
<h1>What is enforced</h1>
<p class="soft">Only shown here: what changes it is the command line, which no script of a custom node can reach.</p>
<div class="card"><dl class="facts">{_facts(facts)}</dl></div>
<h2>Controls</h2>
{_controls(own) if own else _stated(said.get("controls", []))}
<h2>Last verify</h2>
{_verify(posture.get("verify"))}
<h2>Where the workload connected</h2>
{_egress(egress())}"""
    refresh = f'<meta http-equiv="refresh" content="{REFRESH}">'
    return pages.page("What is enforced", body, policy=pages.APART, small=False, head=refresh)


def _facts(facts: Mapping[str, object]) -> str:
    return "".join(f"<dt>{escape(str(key))}</dt><dd>{escape(str(value))}</dd>" for key, value in facts.items())


def _controls(controls: Iterable[Mapping[str, Any]]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(one["title"])}<span class="why"><code>{escape(one["id"])}</code></span></th>'
        f"{_answer(one['overall'], 'together')}"
        f"{''.join(_answer(said, layer) for layer, said in one['layers'].items())}</tr>"
        for one in controls
    )
    return ("<table><thead><tr><th>control</th><th>together</th><th>outer: the engine</th><th>inner: the guard</th></tr>"
            f"</thead><tbody>{rows}</tbody></table>")  # fmt: skip


def _stated(controls: Sequence[Mapping[str, Any]]) -> str:
    return ELSEWHERE + _controls(controls) if controls else UNSAID


def _answer(said: str, layer: str) -> str:
    word, _, why = said.partition(" (")
    kind = word.replace(" ", "-") if word in {"enforced", "partly", "not enforced"} else ""
    reason = f'<span class="why">{escape(why.removesuffix(")"))}</span>' if why else ""
    return f'<td data-is="{escape(layer)}"><span class="{kind}">{escape(word)}</span>{reason}</td>'


def _verify(found: Mapping[str, Any] | None) -> str:
    if not found:
        return "<p>Not run on this instance. To attack it and see what holds: <code>catalyst verify</code></p>"
    return f'<dl class="facts">{_facts(found)}</dl>'


def _egress(rows: Iterable[tuple[str, str, int]] | None) -> str:
    if rows is None:
        return "<p>Not recorded: no broker runs beside this instance.</p>"
    body = "".join(f'<tr><th scope="row">{escape(host)}</th><td data-is="verdict">{escape(verdict)}</td>'
                   f'<td data-is="times">{count}</td></tr>' for host, verdict, count in rows)  # fmt: skip
    return ("<table><thead><tr><th>host</th><th>verdict</th><th>times</th></tr></thead>"
            f"<tbody>{body}</tbody></table>") if body else "<p>Nowhere yet.</p>"  # fmt: skip


def read(descriptor: int) -> Mapping[str, Any]:
    """The document at `descriptor`; empty where there is none or it is damaged."""
    with suppress(OSError, ValueError), os.fdopen(descriptor, "rb") as stream:
        found = json.load(stream)
        return found if isinstance(found, dict) else {}
    return {}


def disk(descriptor: int) -> str:
    """What is free where the data lies."""
    try:
        found = os.fstatvfs(descriptor)
    except OSError:
        return "unknown"
    return f"{found.f_bavail * found.f_frsize / 1e9:.1f} GB free of {found.f_blocks * found.f_frsize / 1e9:.1f} GB"


def since(moment: float) -> str:
    """How long ago, from a monotonic moment."""
    minutes = int(time.monotonic() - moment) // 60
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
