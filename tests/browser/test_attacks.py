"""What pages of strangers, and scripts of custom nodes, try in a browser that is logged in."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiohttp import web
from aiohttp.web_request import BaseRequest
from playwright.sync_api import BrowserContext, Page, expect

from gateways import Gateway, Stub, config, echo, gateway

pytestmark = pytest.mark.lane("browser")
OURS = "<!doctype html><title>ComfyUI</title><h1>ComfyUI</h1>"
# Everything a page can ask without leave; the answers are opaque, what counts is what reaches ComfyUI.
ASK = """async ([base, ws]) => {
  const done = {};
  const post = (body, type) => fetch(base + "/prompt", {method: "POST", mode: "no-cors", credentials: "include", body,
                                      headers: type ? {"Content-Type": type} : {}});
  for (const [name, ask] of Object.entries({
    post: () => post("{}"), typed: () => post("{}", "text/plain"),
    get: () => fetch(base + "/manager/reboot", {mode: "no-cors", credentials: "include"}),
    cors: () => fetch(base + "/queue", {credentials: "include"}).then((reply) => reply.text()),
    bearer: () => fetch(base + "/queue", {headers: {Authorization: "Bearer x"}}).then((reply) => reply.text()),
    image: () => new Promise((yes) => { const i = new Image(); i.onload = i.onerror = yes; i.src = base + "/interrupt"; }),
    socket: () => new Promise((yes, no) => { const s = new WebSocket(ws + "/ws"); s.onerror = no;
                                             s.onopen = () => yes("open"); }),
  })) {
    try { done[name] = String(await ask()); } catch (error) { done[name] = "refused"; }
  }
  return done;
}"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    stub = Stub()

    async def answer(request: BaseRequest) -> web.StreamResponse:
        if "Upgrade" in request.headers:
            return await echo(request)
        path = request.raw_path.partition("?")[0]
        text, kind = STORED.get(path, (OURS, "text/html"))
        return web.Response(text=text, content_type=kind)

    stub.answer = answer
    with gateway(tmp_path_factory.mktemp("gateway"), config(hosts=("ours.test",)), stub=stub) as one:
        yield one


MARK = "fetch('/ran', {method: 'POST', body: 'x'})"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg"><script>{MARK}</script></svg>'
STORED = {
    "/view": (f"<script>{MARK}</script>", "text/html"),
    "/api/view": (SVG, "image/svg+xml"),
    "/api/userdata/evil.html": (f'<body onload="{MARK}">', "text/html"),
    "/extensions/pack/page.html": (f"<script>{MARK}</script>", "text/html"),
    "/extensions/pack/sw.js": ("addEventListener('fetch', () => {})", "text/javascript"),
}


@pytest.fixture
def page(running: Gateway, context: BrowserContext) -> Page:
    """Logged in, and ComfyUI open."""
    made = context.new_page()
    made.goto(f"{running.url}/catalyst/login#token={running.link()}")
    expect(made.locator("h1")).to_have_text("ComfyUI")
    running.stub.seen.clear()
    return made


@contextmanager
def site(body: str) -> Iterator[int]:
    """Somebody else's page; its port."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def reached(running: Gateway) -> list[str]:
    return [f"{one['method']} {one['target']}" for one in running.stub.seen if one["target"] not in {"/favicon.ico", "/"}]


def ask(page: Page, running: Gateway, base: str = "") -> dict[str, str]:
    base = base or running.url
    found: dict[str, str] = page.evaluate(ASK, [base, base.replace("http", "ws")])
    return found


def test_our_own_page_may(page: Page, running: Gateway) -> None:
    """The positive control: the same requests from our origin arrive."""
    found = ask(page, running)
    assert found["socket"] == "open"
    assert {"POST /prompt", "GET /manager/reboot", "GET /queue", "GET /interrupt", "GET /ws"} <= set(reached(running))


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.test"])
def test_another_port_and_another_site(page: Page, running: Gateway, host: str) -> None:
    """Another port of the same host is sent our SameSite=Strict cookie (measured), and refused by its origin."""
    with site("<h1>evil</h1>") as port:
        page.goto(f"http://{host}:{port}/")
        found = ask(page, running)
    assert {found[name] for name in ("cors", "bearer", "socket")} == {"refused"}
    assert reached(running) == []
    if host == "127.0.0.1":  # the cookie was there: so it was the origin that was refused, not the visitor
        assert "GET '/ws' 403" in running.log.read_text()


def test_rebinding(page: Page, running: Gateway) -> None:
    """The name leads to us, so page, Host and Origin agree: only the list of names is left."""
    base = f"http://rebind.test:{running.port}"
    page.goto(f"{base}/")
    assert "this is not served under the name rebind.test; to add it: catalyst up --allow-host=rebind.test" in page.content()
    found = ask(page, running, base)
    assert found["socket"] == "refused"
    assert reached(running) == []
    page.goto(f"http://ours.test:{running.port}/")  # a name that was added
    expect(page.locator("h1")).to_have_text("Log in")


def test_a_frame_without_an_origin(page: Page, running: Gateway) -> None:
    """A custom node's or a stored page in a sandboxed frame sends `Origin: null`."""
    with site("<h1>evil</h1>") as port:
        page.goto(f"http://127.0.0.1:{port}/")
        page.evaluate("""(base) => new Promise((yes) => {
          const frame = document.createElement("iframe");
          frame.sandbox = "allow-scripts allow-forms";
          frame.onload = () => setTimeout(yes, 500);
          frame.srcdoc = `<form method=post action="${base}/prompt"><input name=a></form><script>document.forms[0].submit();
            new WebSocket("${base.replace("http", "ws")}/ws"); fetch("${base}/prompt", {method: "POST", mode: "no-cors",
            credentials: "include"})</` + "script>";
          document.body.append(frame);
        })""", running.url)
    assert reached(running) == []


def test_login_cannot_be_forced_upon_somebody(running: Gateway, context: BrowserContext) -> None:
    """Login CSRF: the victim would work in the attacker's session."""
    form = f'<form method=post action="{running.url}/catalyst/login"><input name=link value="{running.link()}"></form>'
    with site(form) as port:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        with page.expect_navigation():
            page.evaluate("document.forms[0].submit()")
        assert "asked for by a page of another origin" in page.content()
        assert [one for one in context.cookies() if one["name"].startswith("catalyst")] == []


def test_a_session_cannot_be_fixed(running: Gateway, context: BrowserContext) -> None:
    """Cookies do not know ports: another program's page sets ours before the login, also for a longer path."""
    known = running.cookie()
    page = context.new_page()
    with site("<h1>evil</h1>") as port:
        page.goto(f"http://127.0.0.1:{port}/")
        for path in ("/", "/queue"):
            page.evaluate("(cookie) => { document.cookie = cookie; }", f"{known}; path={path}")
    page.goto(f"{running.url}/catalyst/login#token={running.link()}")
    expect(page.locator("h1")).to_have_text("ComfyUI")
    cookies = {one["path"]: f"{one['name']}={one['value']}" for one in context.cookies() if one["name"] == "catalyst-test"}
    assert cookies["/"] != known  # a new one at login
    assert running.ask("GET", "/x", Cookie=known).status == 401  # and the old one ended with it
    running.stub.seen.clear()
    assert page.evaluate("fetch('/queue').then((reply) => reply.status)") == 401  # two different ones: neither counts
    assert reached(running) == []


@pytest.mark.parametrize("path", ["/view?filename=a.html", "/api/view?filename=a.svg", "/api/userdata/evil.html"])
def test_what_was_stored_is_dead(page: Page, running: Gateway, path: str) -> None:
    page.goto(running.url + path)
    page.wait_for_timeout(300)
    assert "POST /ran" not in reached(running)


def test_what_is_not_stored_lives(page: Page, running: Gateway) -> None:
    """The positive control of the test above: a script in an answer does run where the gateway does not kill it."""
    with page.expect_request("**/ran"):
        page.goto(f"{running.url}/extensions/pack/page.html")


def test_no_service_worker(page: Page, running: Gateway) -> None:
    """It would answer in the gateway's place, the login page too, after the node that made it is gone."""
    said = page.evaluate("navigator.serviceWorker.register('/extensions/pack/sw.js').then(() => 'registered', String)")
    assert "registered" not in said
    assert reached(running) == []
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


def test_the_posture_page_is_out_of_a_scripts_reach(page: Page, running: Gateway) -> None:
    """A custom node's script has the same session and address. It must not be able to change what the owner reads."""
    with page.context.expect_page() as opened:
        page.evaluate("window.shown = window.open('/catalyst'); 0")
    shown = opened.value
    expect(shown.locator("h1")).to_have_text("What is enforced")
    changed = page.evaluate("""() => { try { shown.document.body.innerHTML = "all is well"; return "changed"; }
                                      catch (error) { return String(error); } }""")
    assert changed != "changed"
    expect(shown.locator("h1")).to_have_text("What is enforced")
    framed = page.evaluate("""() => new Promise((yes) => { const f = document.createElement("iframe"); f.src = "/catalyst";
      f.onload = () => { try { yes(f.contentDocument ? f.contentDocument.body.innerText : "closed"); }
                         catch { yes("closed"); } }; document.body.append(f); })""")
    assert "enforced" not in framed
    answers = page.evaluate("""async () => { const out = {}; for (const method of ["POST", "PUT", "PATCH", "DELETE"])
      for (const path of ["/catalyst", "/catalyst/state", "/catalyst/password", "/catalyst/token"])
        out[`${method} ${path}`] = (await fetch(path, {method, body: "x"})).status; return out; }""")
    assert set(answers.values()) == {404}


def test_control_a_plain_page_of_ours_can_be_changed(page: Page, running: Gateway) -> None:
    """The positive control: it is the opaque origin that keeps scripts out; other pages of ours they can change."""
    changed = page.evaluate("""() => new Promise((yes) => { const shown = window.open("/catalyst/logout");
      shown.onload = () => { try { shown.document.body.innerHTML = "x"; yes("changed"); } catch { yes("closed"); } }; })""")
    assert changed == "changed"


def test_logging_out_leaves_nothing(page: Page, running: Gateway, context: BrowserContext) -> None:
    page.evaluate("""async () => {
      localStorage.setItem("Comfy.Workflow.Draft.v2:x", "a prompt"); sessionStorage.setItem("clientId", "1");
      await new Promise((yes) => { const asked = indexedDB.open("draft"); asked.onsuccess = yes; });
      window.socket = new WebSocket(location.origin.replace("http", "ws") + "/ws");
      await new Promise((yes) => { socket.onopen = yes; });
      socket.onclose = (event) => { window.endedWith = event.code; };
    }""")
    second = context.new_page()
    second.goto(f"{running.url}/catalyst/logout")
    second.get_by_role("button", name="Log out").click()
    expect(second.locator("h1")).to_have_text("Logged out")
    page.wait_for_function("window.endedWith")
    assert page.evaluate("endedWith") == 1008
    second.goto(f"{running.url}/")
    expect(second.locator("h1")).to_have_text("Log in")
    left = second.evaluate("""async () => ({local: localStorage.length, session: sessionStorage.length,
      databases: (await indexedDB.databases()).length, cookies: document.cookie})""")
    assert left == {"local": 0, "session": 0, "databases": 0, "cookies": ""}
    assert [one for one in context.cookies() if one["value"]] == []


def test_the_token_does_not_stay_in_the_address(page: Page, running: Gateway) -> None:
    assert "token" not in page.url
    history = page.evaluate("performance.getEntriesByType('navigation').map((one) => one.name)")
    assert "token" not in json.dumps(history)


def test_a_link_from_another_site_is_still_logged_in(page: Page, running: Gateway) -> None:
    """It brings no SameSite=Strict cookie along; the login page asks from here and moves on."""
    with site(f'<a href="{running.url}/">ComfyUI</a>') as port:
        page.goto(f"http://evil.test:{port}/")
        page.get_by_role("link").click()
        expect(page.locator("h1")).to_have_text("ComfyUI")


def test_a_password_in_the_browser(running: Gateway, context: BrowserContext) -> None:
    from catalyst.services.gateway import passwords

    state = running.state()
    state.set_password(passwords.hashed("correct horse"))
    state.close()
    page = context.new_page()
    page.goto(running.url)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_have_text("That was not accepted.")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button").click()
    expect(page.locator("h1")).to_have_text("ComfyUI")


