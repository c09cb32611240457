"""What the workload says to a proxy in front of the gateway, not to the browser.

A shared cache (Cloudflare keeps what ends in .png by itself) would hand to strangers what somebody who is logged in has
asked for: ComfyUI says `public` of each such path, and a hostile node may say it of everything. And nginx, Apache,
lighttpd and LiteSpeed take a header of an answer for the order to serve another file.
"""

from collections.abc import Iterator

import pytest
from aiohttp import web
from aiohttp.web_request import BaseRequest

from gateways import Gateway, gateway

ORDERS = {
    "X-Accel-Redirect": "/internal/secret", "X-Accel-Expires": "86400", "X-Accel-Buffering": "no",
    "X-Sendfile": "/etc/passwd", "X-LIGHTTPD-send-file": "/etc/passwd", "X-LiteSpeed-Location": "/secret",
    "X-LiteSpeed-Cache-Control": "public", "X-Reproxy-URL": "http://127.0.0.1/", "CDN-Cache-Control": "max-age=60",
    "Cloudflare-CDN-Cache-Control": "max-age=60",
    "Surrogate-Control": "max-age=60", "Edge-Control": "cache-maxage=1d",
}  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(tmp_path_factory.mktemp("orders")) as one:
        yield one


def test_no_order_gets_through(running: Gateway) -> None:
    async def answer(_: BaseRequest) -> web.Response:
        return web.Response(text="x", headers={**ORDERS, "X-Kept": "1"})

    running.stub.answer = answer
    got = running.ask("GET", "/nodes/x.png", Cookie=running.cookie())
    assert got.headers["X-Kept"] == "1"
    assert not {name.lower() for name in ORDERS} & {name.lower() for name in got.headers}


@pytest.mark.parametrize(("said", "path", "kept"), [
    ([], "/nodes/x.png", "private"),
    (["public, max-age=86400"], "/nodes/x.png", "private, max-age=86400"),
    (["no-cache"], "/assets/index-BKeTeXLp.js", "private, no-cache"),
    (["s-maxage=600, Public", "max-age=5"], "/x", "private, max-age=5"),
    (['private="x-a", max-age=5'], "/x", "private, max-age=5"),
    (['no-cache="x-a", must-understand, max-age=abc'], "/x", "private"),
    (["immutable,MAX-AGE=5,,no-store"], "/x", "private, immutable, max-age=5, no-store"),
    (["public, max-age=86400"], "/view", "no-store"),
])  # fmt: skip
def test_no_shared_cache_may_keep_it(running: Gateway, said: list[str], path: str, kept: str) -> None:
    async def answer(_: BaseRequest) -> web.Response:
        reply = web.Response(text="x")
        for value in said:
            reply.headers.add("Cache-Control", value)
        return reply

    running.stub.answer = answer
    reply = running.raw(f"GET {path} HTTP/1.1\r\nHost: {running.host}\r\nAuthorization: Bearer {running.token()}\r\n"
                        "Connection: close\r\n\r\n".encode())  # fmt: skip
    lines = reply.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert [line for line in lines if line.lower().startswith("cache-control:")] == [f"Cache-Control: {kept}"]
