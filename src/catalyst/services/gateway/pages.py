"""The gateway's own pages. No template engine: a few strings, everything foreign escaped, no script but the two files here.

What their policy allows is named by hash, so that nothing else of this origin, which the workload's scripts share, can
run in them. A page that shows what to believe (the posture) has no origin at all: see `APART`.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from html import escape
from pathlib import Path

from aiohttp import web

from catalyst.guard.record import Record

_HERE = Path(__file__).parent
_STYLE = (_HERE / "pages.css").read_text(encoding="utf-8")
_LOGIN = (_HERE / "login.js").read_text(encoding="utf-8")
_WAITING = (_HERE / "waiting.js").read_text(encoding="utf-8")

# state -> heading, what it means. Shown by the page and by its script.
WORDS: Mapping[str, tuple[str, str]] = {
    "starting": ("ComfyUI is starting", "This page turns into ComfyUI when it answers. Its last lines:"),
    "restarting": ("ComfyUI crashed", "It is being started again. Its last lines:"),
    "crashed": ("ComfyUI has crashed", "It is not started again. What it said: catalyst logs. To try again: catalyst up."),
    "hung": ("ComfyUI does not answer",
             "It runs, but does not answer. A long computation may be why; to end it: catalyst down"),
    "stopping": ("ComfyUI is being stopped", "Nothing can be sent any more. To start it again: catalyst up."),
    "ready": ("ComfyUI answers", ""),
}


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_ALWAYS = f"default-src 'none'; style-src {_hash(_STYLE)}; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
POLICY = f"{_ALWAYS}; script-src {_hash(_LOGIN)} {_hash(_WAITING)}; connect-src 'self'"
# An opaque origin: a script of ComfyUI's page, which shares our address, cannot reach into the window and change what
# stands there. allow-scripts is only for the page's refresh (HTML, shared declarative refresh steps); no script may run.
APART = f"{_ALWAYS}; script-src 'none'; sandbox allow-scripts"
HEADERS = (
    ("Cache-Control", "no-store"), ("Referrer-Policy", "same-origin"), ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"), ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"), ("Server", "catalyst"),
)  # fmt: skip


class Wrong(Record):
    """Why a login was not taken, in words that are the same for every reason, and how long to wait."""

    text: str
    wait: int = 0


def page(title: str, body: str, *, status: int = 200, policy: str = POLICY, small: bool = True, head: str = "",
         script: str = "") -> web.Response:  # fmt: skip
    """A whole page. `body` is markup."""
    text = (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(title)} · Catalyst</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}<style>{_STYLE}</style></head>\n'
        f'<body><main{" class=small" if small else ""}>\n{body}\n</main>{f"<script>{script}</script>" if script else ""}'
        "</body>\n</html>\n"
    )
    answer = web.Response(status=status, text=text, content_type="text/html")
    answer.headers.extend([*HEADERS, ("Content-Security-Policy", policy)])
    return answer


def login(state: str, *, status: int = 200, wrong: Wrong | None = None, retry: bool = False) -> web.Response:
    """The form. `retry`: its script first looks whether one is logged in already."""
    answer = page("Log in", f"""<h1>Log in</h1>
<form id="login" class="card" method="post" action="/catalyst/login"{' data-retry="1"' if retry else ""}>
{f'<p class="wrong" role="alert">{escape(wrong.text)}</p>' if wrong else ""}
<input type="hidden" name="link"><input name="username" value="catalyst" autocomplete="username" hidden>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required autofocus>
<button>Log in</button>
</form>
<p class="soft">Or open the link that <code>catalyst up</code> printed; it works once. Another one:
<code>catalyst token link</code>. To set a password: <code>catalyst password</code>.</p>
<p class="soft">{escape(WORDS[state][0])}.</p>""", status=status, script=_LOGIN)  # fmt: skip
    if wrong and wrong.wait:
        answer.headers["Retry-After"] = str(wrong.wait)
    return answer


def waiting(state: str, lines: list[str]) -> web.Response:
    """In ComfyUI's stead while it does not answer; it looks again by itself."""
    heading, means = WORDS[state]
    words = json.dumps(WORDS).replace("<", "\\u003c")
    answer = page(heading, f"""<div role="status"><h1>{escape(heading)}</h1>
<p id="reason">{escape(means)}</p></div>
<pre id="log">{escape(chr(10).join(lines))}</pre>
<nav><a href="/catalyst">What is enforced</a><a href="/catalyst/logout">Log out</a></nav>
<script type="application/json" id="words">{words}</script>""", status=503, small=False, script=_WAITING)  # fmt: skip
    answer.headers["Retry-After"] = "2"
    return answer


def leave() -> web.Response:
    """Asks before it logs out; the form's origin is checked as every POST's is."""
    return page("Log out", """<h1>Log out</h1>
<form class="card" method="post" action="/catalyst/logout">
<p>Open tabs lose their connection, and the browser is told to forget what it kept of ComfyUI: drafts and pictures.
Running workflows go on.</p>
<button autofocus>Log out</button>
</form>
<nav><a href="/">Back to ComfyUI</a><a href="/catalyst">What is enforced</a></nav>""")  # fmt: skip


def left() -> web.Response:
    """After it."""
    return page("Logged out", '<h1>Logged out</h1>\n<nav><a href="/catalyst/login">Log in again</a></nav>')


def words(status: int, text: str) -> web.Response:
    """A refusal or a fact, as plain text."""
    answer = web.Response(status=status, text=f"{text}\n", content_type="text/plain")
    answer.headers.extend([*HEADERS, ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")])
    return answer


def document(value: object, status: int = 200) -> web.Response:
    """JSON."""
    answer = web.json_response(value, status=status)
    answer.headers.extend(HEADERS)
    return answer
