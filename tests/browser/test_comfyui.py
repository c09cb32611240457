"""The real front end in a real browser, through login and gateway, in front of real ComfyUI in its sandbox.

CATALYST_TEST_COMFYUI names a checkout and an interpreter with its packages, as DIR:PYTHON. Without it the front end's
place is taken by the canary's page, and the run says so.
"""

import json
import os
import warnings
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from live.test_comfyui import GIVEN, WORKFLOW, NoComfyUI
from support import Catalyst, Running, forget, open_to_all

pytestmark = pytest.mark.lane("browser")
# What the policy is known to refuse, and should: the front end's calls home.
CALLS_HOME = "api.comfy.org"
SHOTS = os.environ.get("CATALYST_TEST_SCREENSHOTS", "")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("data")
    open_to_all(folder)
    catalyst, app = Catalyst("bwrap", folder / "data"), "canary"
    words: tuple[str, ...] = ()
    if GIVEN:
        tree, _, python = GIVEN.partition(":")
        words, app = (f"--comfyui={tree}", f"--python={python}", "--comfyui-flags=--cpu"), "comfyui"
    else:
        warnings.warn("CATALYST_TEST_COMFYUI is not set: no front end was loaded", NoComfyUI, stacklevel=1)
    with catalyst.up(*words, app=app, SECURITY_LEVEL="high", NETWORK_MODE="isolated") as one:
        yield one
    forget(folder / "data")


DRAWN = "window.app && window.app.graph && window.app.extensionManager"


@pytest.fixture
def inside(running: Running, context: BrowserContext) -> Page:
    """Logged in by link; what the browser's policy refused is kept in `refused`."""
    made = context.new_page()
    made.add_init_script("""window.refused = []; addEventListener("securitypolicyviolation",
      (event) => window.refused.push(`${event.effectiveDirective} ${event.blockedURI}`));""")
    done = running.catalyst("token", "link")
    assert done.returncode == 0, done.stderr
    made.goto(done.stdout.strip())
    made.wait_for_url(running.url)
    return made


@pytest.fixture
def page(inside: Page) -> Page:
    """With the default graph."""
    if GIVEN:
        inside.wait_for_function(DRAWN, polling=100, timeout=180_000)
        loaded = """async () => { if (!app.graph._nodes.length) await app.loadGraphData();
                                  return app.graph._nodes.length >= 7; }"""
        inside.wait_for_function(loaded, polling=1000, timeout=180_000)
    return inside


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def test_the_default_graph_and_the_policy(page: Page) -> None:
    if not GIVEN:
        expect(page.locator("h1")).to_contain_text("canary")
        return
    assert page.evaluate("app.graph._nodes.length") >= 7
    page.keyboard.press("Escape")
    page.wait_for_timeout(1500)  # the picture is for a person: let it settle
    shot(page, "comfyui")
    refused = page.evaluate("refused")
    assert [one for one in refused if CALLS_HOME not in one] == []


def test_a_workflow_runs_and_its_picture_arrives(page: Page, running: Running) -> None:
    if not GIVEN:
        return
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: frames.append(str(data)[:200])))
    page.reload()
    page.wait_for_function(DRAWN, polling=100, timeout=180_000)
    page.evaluate("(workflow) => app.loadApiJson(workflow, 'test')", WORKFLOW)
    with page.expect_response(lambda reply: "/view?" in reply.url and reply.status == 200, timeout=60_000) as picture:
        page.evaluate("app.queuePrompt(0)")
    assert picture.value.headers["content-type"] == "image/png"
    assert picture.value.headers["cache-control"] == "no-store"
    assert picture.value.body()[:8] == b"\x89PNG\r\n\x1a\n"
    for word in ("execution_start", "executed", "execution_success"):
        assert any(f'"{word}"' in frame for frame in frames), (word, frames)
    shot(page, "workflow")
    assert [one for one in page.evaluate("refused") if CALLS_HOME not in one] == []
    assert list((running.catalyst.data / "output").glob("catalyst*.png"))


def test_an_upload(page: Page, running: Running) -> None:
    if not GIVEN:
        return
    answer = page.evaluate("""async () => {
      const canvas = document.createElement("canvas"); canvas.width = canvas.height = 64;
      const blob = await new Promise((yes) => canvas.toBlob(yes));
      const form = new FormData(); form.append("image", blob, "ünï code.png");
      const reply = await app.api.fetchApi("/upload/image", {method: "POST", body: form});
      return [reply.status, await reply.json()];
    }""")
    assert answer[0] == 200
    assert answer[1]["name"] == "ünï code.png"
    assert (running.catalyst.data / "input/ünï code.png").read_bytes()[:4] == b"\x89PNG"
    asked = "fetch('/view?type=input&filename=' + encodeURIComponent('ünï code.png')).then((reply) => reply.status)"
    assert page.evaluate(asked) == 200


def test_a_workflow_with_a_slash_in_its_name(page: Page, running: Running) -> None:
    if not GIVEN:
        return
    kept = page.evaluate("""async (workflow) => {
      const stored = await app.api.storeUserData("workflows/my folder/one.json", workflow, {overwrite: true,
      stringify: true});
      const back = await app.api.getUserData("workflows/my folder/one.json");
      const moved = await app.api.moveUserData("workflows/my folder/one.json", "workflows/my folder/two.json");
      return [stored.status, back.status, await back.json(), moved.status];
    }""", WORKFLOW)
    assert [kept[0], kept[1], kept[3]] == [200, 200, 200]
    assert kept[2] == json.loads(json.dumps(WORKFLOW))
    assert (running.catalyst.data / "user/default/workflows/my folder/two.json").is_file()


def test_logging_out_of_it(page: Page, running: Running) -> None:
    page.goto(f"{running.url}catalyst/logout")
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("h1")).to_have_text("Logged out")
    left = page.evaluate("""async () => [localStorage.length, sessionStorage.length,
    (await indexedDB.databases()).length]""")
    assert left == [0, 0, 0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_our_own_pages_fit(inside: Page, running: Running, scheme: str, width: int, height: int) -> None:
    """No page is wider than the window. The pictures are for a person to look at (CATALYST_TEST_SCREENSHOTS=DIR)."""
    page = inside
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": height})
    for name in ("catalyst/login", "catalyst", "catalyst/logout"):
        page.goto(running.url + name)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        shot(page, f"{name.replace('/', '-')}-{scheme}-{width}")


def test_no_script_runs_in_the_posture_page(inside: Page, running: Running) -> None:
    inside.goto(f"{running.url}catalyst")
    assert inside.evaluate("origin") == "null"


