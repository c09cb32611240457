"""The configurations of docs/guides/gateway.md, taken from the page itself: Caddy and nginx in front of the gateway."""

import asyncio
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest
from aiohttp import web
from aiohttp.web_request import BaseRequest

from gateways import Gateway, config, gateway

pytestmark = pytest.mark.lane("browser")
GUIDE = (Path(__file__).parents[2] / "docs/guides/gateway.md").read_text(encoding="utf-8")
NAME = "comfy.example.net"
T = TypeVar("T")


def apart(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: Playwright's loop runs in this one as long as a browser of another test is open."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found
    return found[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def proxy(kind: str, folder: Path, inside: int, more: str = "") -> Iterator[int]:
    """The proxy as the guide has it, on a port of its own and with a certificate made for the test; `more` is nginx's."""
    assert shutil.which(kind), f"{kind} is not installed"
    port, certificate, key = free_port(), folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)  # fmt: skip
    file = folder / "configuration"
    if kind == "caddy":
        text = block("caddyfile").replace(f"{NAME} {{", f"https://{NAME}:{port} {{\n\ttls {certificate} {key}")
        file.write_text("{\n\tadmin off\n\tauto_https off\n}\n" + text.replace("127.0.0.1:8188", f"127.0.0.1:{inside}"))
        argv = ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]
    else:
        text = block("nginx").replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; "
                                      f"ssl_certificate_key {key};")  # fmt: skip
        upgrade = re.search(r"`(map \$http_upgrade .*?)` beside", GUIDE)
        assert upgrade
        paths = " ".join(f"{name}_temp_path {folder};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        cache = f"proxy_cache_path {folder}/cache keys_zone=shared:1m;"
        server = text.replace("127.0.0.1:8188", f"127.0.0.1:{inside}")
        if more:  # what is not buffered is not cached
            server = server.replace("proxy_buffering off;", "").replace("location / {", f"{more} location / {{", 1)
        file.write_text(f"daemon off; master_process off; error_log stderr crit; pid {folder}/pid; events {{}} "
                        f"http {{ access_log off; {paths} {cache} {upgrade[1]} {server} }}")  # fmt: skip
        argv = ["nginx", "-c", str(file), "-p", str(folder)]
    process = subprocess.Popen(argv, env={**os.environ, "HOME": str(folder)}, stderr=subprocess.PIPE)
    try:
        for _ in range(200):
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=20)


async def visit(running: Gateway, port: int) -> dict[str, object]:
    """Log in, ask, upload, open the websocket: all of it by the proxy's name."""
    base = f"https://{NAME}:{port}"
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE

    class Here(aiohttp.abc.AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[aiohttp.abc.ResolveResult]:
            return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": family, "proto": 0, "flags": 0}]

        async def close(self) -> None:
            pass

    found: dict[str, object] = {}
    connector = aiohttp.TCPConnector(ssl=trust, resolver=Here())
    async with aiohttp.ClientSession(connector=connector) as session:
        form = {"link": running.link()}
        asked = session.post(f"{base}/catalyst/login", data=form, headers={"Origin": base}, allow_redirects=False)
        async with asked as reply:
            found["login"], found["text"] = reply.status, await reply.text()
            found["cookie"] = reply.headers.get("Set-Cookie", "")
        async with session.post(f"{base}/upload/image", data=b"x" * 100_000, headers={"Origin": base}) as reply:
            found["upload"] = await reply.json() if reply.status == 200 else reply.status
        try:
            async with session.ws_connect(f"{base}/ws", headers={"Origin": base}) as link:
                await link.send_bytes(b"hello")
                found["echo"] = await link.receive_bytes()
        except aiohttp.WSServerHandshakeError as error:
            found["echo"] = error.status
        async with session.post(f"{base}/prompt", data=b"x", headers={"Origin": "https://evil.test"}) as reply:
            found["evil"] = reply.status
    return found


@pytest.mark.parametrize("kind", ["caddy", "nginx"])
def test_behind_it(kind: str, tmp_path: Path) -> None:
    made = config(hosts=(NAME,), proxies=(ip_network("127.0.0.1/32"),))
    with gateway(tmp_path, made) as running, proxy(kind, tmp_path, running.port) as port:
        found = apart(visit(running, port))
        assert found["login"] == 303, found
        cookie = str(found["cookie"])
        assert cookie.startswith("__Host-catalyst-test=")
        assert "Secure" in cookie
        assert found["upload"] == {"path": "/upload/image", "length": 100_000}
        assert (found["echo"], found["evil"]) == (b"hello", 403)


def test_its_cache_hands_nothing_to_strangers_and_it_takes_no_orders(tmp_path: Path) -> None:
    """nginx with a cache and with files of its own, as somebody may have it for other sites: a hostile node calls its
    pictures public, and names one of those files (tests/attacks/test_gateway_orders_to_the_proxy.py)."""
    orders = {"Cache-Control": "public, s-maxage=600, max-age=600", "X-Accel-Expires": "600"}

    async def picture(_: BaseRequest) -> web.Response:
        return web.Response(text="a picture", headers=orders)

    made = config(hosts=(NAME,), proxies=(ip_network("127.0.0.1/32"),))
    own = tmp_path / "own"
    own.mkdir()
    (own / "file").write_text("nobody's business")
    more = f"proxy_cache shared; location /own/ {{ internal; alias {own}/; }}"
    with gateway(tmp_path, made) as running, proxy("nginx", tmp_path, running.port, more) as port:
        running.stub.answer = picture
        token = running.token()
        assert fetched(port, token) == (200, "a picture")
        assert fetched(port, "")[0] == 401
        assert len(running.stub.seen) == 1
        orders["X-Accel-Redirect"] = "/own/file"
        assert fetched(port, token) == (200, "a picture")


def fetched(port: int, token: str) -> tuple[int, str]:
    sent = {"Host": f"{NAME}:{port}", **({"Authorization": f"Bearer {token}"} if token else {})}
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=trust)
    try:
        connection.request("GET", "/nodes/picture.png", headers=sent)
        reply = connection.getresponse()
        return reply.status, reply.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("kind", ["caddy"])
def test_one_that_was_not_named_is_told_how(kind: str, tmp_path: Path) -> None:
    with gateway(tmp_path, config(hosts=(NAME,))) as running, proxy(kind, tmp_path, running.port) as port:
        found = apart(visit(running, port))
    assert found["login"] == 403
    assert "--trusted-proxy=ADDRESS" in str(found["text"])
