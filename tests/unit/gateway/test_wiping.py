"""ENABLE_FORENSIC_CLEANUP in the browser: nothing of ComfyUI's is cached, and the end says to forget."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.web_request import BaseRequest

from catalyst import settings
from catalyst.instance import front
from catalyst.instance.store import Store
from gateways import Gateway, config, gateway, wait

# ComfyUI's own answers, a node's, and the front end's: all may be or name a picture.
PATHS = ("/view?filename=a.png", "/api/view?filename=a.png", "/api/viewvideo/x", "/history", "/api/history/1", "/queue",
         "/a_nodes/own/picture.png", "/api/userdata/workflows%2Fx.json", "/", "/assets/index-BKeTeXLp.js")  # fmt: skip
STORED = {"/view?filename=a.png", "/api/view?filename=a.png", "/api/viewvideo/x", "/api/userdata/workflows%2Fx.json"}


async def cacheable(_: BaseRequest) -> web.Response:
    """As ComfyUI's cache middleware does it with pictures."""
    return web.Response(body=b"x", content_type="image/png", headers={"Cache-Control": "public, max-age=86400"})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(tmp_path_factory.mktemp("wiping"), config(wiping=True)) as one:
        one.stub.answer = cacheable
        yield one


def test_the_setting_reaches_the_gateway(tmp_path: Path) -> None:
    for word in ("true", "false"):
        made = front.config(settings.load({"enable_forensic_cleanup": word}, {}, None), Store(str(tmp_path)))
        assert made.wiping is (word == "true")


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_kept_by_the_browser(running: Gateway, path: str) -> None:
    reply = running.raw(f"GET {path} HTTP/1.1\r\nHost: {running.host}\r\nAuthorization: Bearer {running.token()}\r\n"
                        "Connection: close\r\n\r\n".encode())  # fmt: skip
    head = reply.partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"http/1.1 200 ")
    assert [line for line in head.split(b"\r\n") if line.startswith(b"cache-control")] == [b"cache-control: no-store"]
    assert b"clear-site-data" not in head  # while it runs, drafts stay


def test_without_it_stored_pictures_are_not_kept(tmp_path: Path) -> None:
    with gateway(tmp_path) as one:
        one.stub.answer = cacheable
        cookie = one.cookie()
        for path in PATHS:
            said = one.ask("GET", path, Cookie=cookie).headers["Cache-Control"]
            assert said == ("no-store" if path in STORED else "private, max-age=86400"), path


@pytest.mark.parametrize("wiping", [True, False])
def test_the_end_says_to_forget(tmp_path: Path, wiping: bool) -> None:
    with gateway(tmp_path, config(wiping=wiping)) as one:
        cookie = one.cookie()
        one.say(state="stopping")
        wait(lambda: one.ask("GET", "/queue", Cookie=cookie).status == 503)
        asked = [one.ask("GET", path, Cookie=cookie, Accept=kind)
                 for path, kind in (("/", "text/html"), ("/catalyst/state", "*/*"), ("/api/prompt", "*/*"))]  # fmt: skip
        # Drafts are the owner's: without the mode a restart must not cost him one.
        assert [reply.headers.get("Clear-Site-Data") for reply in asked] == ['"cache", "storage"' if wiping else None] * 3
        assert "Clear-Site-Data" not in one.ask("GET", "/").headers  # a stranger's browser is nobody's to empty
        left = one.ask("POST", "/catalyst/logout", "", Cookie=cookie, Origin=one.url)
        assert left.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
