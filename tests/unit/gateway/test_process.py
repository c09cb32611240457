"""The gateway as a process: logging in and out, what reaches ComfyUI, what comes back."""

import hashlib
import http.client
import json
import os
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.web_request import BaseRequest

from catalyst.services.gateway import passwords
from gateways import Gateway, Stub, config, gateway, wait


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(tmp_path_factory.mktemp("gateway"), config(hosts=("comfy.example",))) as one:
        yield one


@pytest.fixture(autouse=True)
def forgetful(running: Gateway) -> None:
    running.stub.seen.clear()
    running.stub.answer = None


def test_a_link_logs_in_once(running: Gateway) -> None:
    link = running.link()
    first = running.ask("POST", "/catalyst/login", f"link={link}", Origin=running.url)
    assert (first.status, first.headers["Location"]) == (303, "/")
    cookie, attributes = first.headers["Set-Cookie"].split(";", 1)
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {word.strip() for word in attributes.split(";")}
    assert running.ask("GET", "/queue", Cookie=cookie).status == 200
    assert running.ask("POST", "/catalyst/login", f"link={link}", Origin=running.url).status == 401


def test_a_password_logs_in(running: Gateway) -> None:
    state = running.state()
    state.set_password(passwords.hashed("correct horse"))
    state.close()
    wrong = running.ask("POST", "/catalyst/login", "password=wrong", Origin=running.url)
    right = running.ask("POST", "/catalyst/login", "password=correct+horse", Origin=running.url)
    assert (wrong.status, right.status) == (401, 303)
    unknown = running.ask("POST", "/catalyst/login", "link=" + "x" * 40, Origin=running.url)
    assert unknown.body == wrong.body  # uniform


def test_a_login_ends_the_session_before_it(running: Gateway) -> None:
    old = running.cookie()
    running.ask("POST", "/catalyst/login", f"link={running.link()}", Origin=running.url, Cookie=old)
    assert running.ask("GET", "/queue", Cookie=old).status == 401


def test_logging_out(running: Gateway) -> None:
    cookie = running.cookie()
    done = running.ask("POST", "/catalyst/logout", "", Origin=running.url, Cookie=cookie)
    assert done.status == 200
    assert done.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert running.ask("GET", "/queue", Cookie=cookie).status == 401
    assert running.ask("POST", "/catalyst/logout", "", Cookie=running.cookie()).status == 403  # no Origin


def test_a_bearer_token_works_until_it_is_revoked(running: Gateway) -> None:
    state = running.state()
    secret = state.make_token("script")
    assert running.ask("POST", "/prompt", b"{}", Authorization=f"Bearer {secret}").status == 200
    assert state.revoke_token("script")
    assert running.ask("GET", "/queue", Authorization=f"Bearer {secret}").status == 401
    state.close()


def test_what_comfyui_sees_of_a_request(running: Gateway) -> None:
    running.ask("POST", "/api/userdata/a%2Fb%20c.json?x=%2F&y", b"body", Cookie=f"jupyter=secret; {running.cookie()}",
                Origin=running.url, Comfy_User="admin", X_Forwarded_For="1.2.3.4", Forwarded="for=1", X_Real_IP="1",
                Sec_Fetch_Site="same-origin", Sec_Fetch_Dest="empty", Connection="close, X-Hop", X_Hop="1", X_Kept="1",
                User_Agent="test", TE="trailers", Tailscale_User_Login="me")  # fmt: skip
    (seen,) = running.stub.seen
    assert seen["target"] == "/api/userdata/a%2Fb%20c.json?x=%2F&y"
    headers = {name.lower(): value for name, value in seen["headers"]}
    assert headers == {"host": "127.0.0.1:8188", "origin": "http://127.0.0.1:8188", "sec-fetch-dest": "empty",
                       "x-kept": "1", "user-agent": "test", "accept-encoding": "identity",
                       "content-length": "4"}  # fmt: skip


def test_what_the_browser_sees_of_an_answer(running: Gateway) -> None:
    async def answer(_: BaseRequest) -> web.Response:
        return web.Response(text="x", content_type="text/html", headers={
            "Set-Cookie": "catalyst-test=evil", "Access-Control-Allow-Origin": "*", "Alt-Svc": 'h2=":1"', "X-Kept": "1",
            "WWW-Authenticate": "Basic", "Clear-Site-Data": "*", "Service-Worker-Allowed": "/", "Server": "x",
        })  # fmt: skip

    running.stub.answer = answer
    got = running.ask("GET", "/extensions/x/y.html", Cookie=running.cookie())
    gone = {"Set-Cookie", "Access-Control-Allow-Origin", "Alt-Svc", "WWW-Authenticate", "Clear-Site-Data",
            "Service-Worker-Allowed"}  # fmt: skip
    assert not gone & set(got.headers)
    assert (got.headers["X-Kept"], got.headers["Server"], got.body) == ("1", "catalyst", b"x")
    assert "frame-ancestors 'self'" in got.headers["Content-Security-Policy"]
    assert got.headers["Cache-Control"] == "private"
    for path in ("/view?filename=x", "/api/view", "/userdata/x.html", "//view", "/v2/userdata", "/%76iew"):
        got = running.ask("GET", path, Cookie=running.cookie())
        assert got.headers["Content-Security-Policy"].startswith("sandbox;"), path
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Cache-Control"] == "no-store"


def test_range_and_head(running: Gateway, tmp_path: Path) -> None:
    content = os.urandom(100_000)
    (tmp_path / "video.mp4").write_bytes(content)

    async def answer(request: BaseRequest) -> web.StreamResponse:
        return web.FileResponse(tmp_path / "video.mp4")

    running.stub.answer = answer
    cookie = running.cookie()
    part = running.ask("GET", "/view?filename=video.mp4", Cookie=cookie, Range="bytes=10-19")
    assert (part.status, part.body, part.headers["Content-Range"]) == (206, content[10:20], "bytes 10-19/100000")
    head = running.ask("HEAD", "/view?filename=video.mp4", Cookie=cookie)
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "100000")
    whole = running.ask("GET", "/view", Cookie=cookie)
    assert whole.body == content
    again = running.ask("GET", "/view", Cookie=cookie, If_None_Match=whole.headers["Etag"])
    assert (again.status, again.body) == (304, b"")


def test_a_body_is_streamed_and_limited(tmp_path: Path) -> None:
    with gateway(tmp_path, config(most_upload=64 << 20)) as running:
        token, before = running.token(), running.rss()
        block = os.urandom(1 << 20)

        def body(count: int) -> Iterator[bytes]:
            for _ in range(count):
                yield block

        assert json.loads(upload(running, token, body(63))[1])["length"] == 63 << 20
        assert running.rss() - before < 24 << 20
        over = running.ask("POST", "/upload/image", b"x", Authorization=f"Bearer {token}", Content_Length=str(65 << 20))
        assert over.status == 413
        with suppress(BrokenPipeError, ConnectionResetError):  # it hung up before we had sent all: as good an answer
            assert upload(running, token, body(70))[0] == 413


def upload(running: Gateway, token: str, body: Iterator[bytes]) -> tuple[int, bytes]:
    """The answer to a chunked upload."""
    with closing(http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)) as connection:
        connection.request("POST", "/upload/image", body, {"Authorization": f"Bearer {token}"}, encode_chunked=True)
        reply = connection.getresponse()
        return reply.status, reply.read()


def test_expect_continue(running: Gateway) -> None:
    head = (f"POST /upload/image HTTP/1.1\r\nHost: {running.host}\r\nAuthorization: Bearer {running.token()}\r\n"
            "Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")  # fmt: skip
    assert running.raw(head.encode()).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    refused = running.raw(head.replace("Bearer", "Bearer x").encode())
    assert refused.startswith(b"HTTP/1.1 401")


def test_an_answer_that_breaks_off_does_not_end_in_order(running: Gateway) -> None:
    async def answer(request: BaseRequest) -> web.StreamResponse:
        reply = web.StreamResponse()
        reply.enable_chunked_encoding()
        await reply.prepare(request)
        await reply.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return reply

    running.stub.answer = answer
    head = f"GET /view HTTP/1.1\r\nHost: {running.host}\r\nAuthorization: Bearer {running.token()}\r\n\r\n"
    got = running.raw(head.encode())
    assert not got.endswith(b"0\r\n\r\n")


def test_the_log_has_no_secret(running: Gateway) -> None:
    link, token, cookie = running.link(), running.token(), running.cookie()
    running.ask("POST", "/catalyst/login", f"link={link}", Origin=running.url)
    running.ask("GET", f"/view?token={link}", Authorization=f"Bearer {token}")
    running.ask("GET", "/view?secret=1", Cookie=cookie)
    running.ask("GET", f"/\x1b[31m{'a' * 9}".replace("\x1b", "%1b"), Cookie=cookie)
    wait(lambda: running.log.read_text().count("/view") >= 2)
    said = running.log.read_text()
    for secret in (link, token, cookie.partition("=")[2], "secret=1"):
        assert secret not in said
        assert hashlib.sha256(secret.encode()).hexdigest() not in said


def test_numbers(running: Gateway) -> None:
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{running.metrics}/metrics") as reply:
        text = reply.read().decode()
    assert "catalyst_comfyui_up 1\n" in text
    assert 'catalyst_requests_total{status="200"}' in text
    assert running.ask("GET", "/metrics").status == 401  # ComfyUI's address has none of it


def test_the_end_is_orderly(tmp_path: Path) -> None:
    with gateway(tmp_path) as running:
        token = running.token()
        assert running.ask("GET", "/x", Authorization=f"Bearer {token}").status == 200
    with pytest.raises(OSError):
        running.ask("GET", "/healthz")


def test_health_follows_comfyui(tmp_path: Path) -> None:
    stub = Stub()
    with gateway(tmp_path, stub=stub) as running:
        assert [running.ask("GET", path).status for path in ("/", "/healthz", "/readyz")] == [200, 200, 200]
        stub.works = False
        wait(lambda: running.ask("GET", "/readyz").status == 503, 30)
        assert [running.ask("GET", path).status for path in ("/", "/healthz")] == [503, 200]
        assert running.ask("GET", "/readyz").body == b"not ok\n"
        stub.works = True
        wait(lambda: running.ask("GET", "/").status == 200)


def test_nothing_is_carried_before_up_has_checked_the_sandbox(tmp_path: Path) -> None:
    with gateway(tmp_path, ready=False) as running:
        wait(lambda: running.ask("GET", "/readyz").status == 200)  # ComfyUI answers, up has not looked yet
        cookie = running.cookie()
        running.say(state="starting", lines=["<script>alert(1)</script>", "loading"])
        wait(lambda: b"loading" in running.ask("GET", "/", Cookie=cookie, Accept="text/html").body)
        page = running.ask("GET", "/", Cookie=cookie, Accept="text/html")
        assert page.status == 503
        assert b"<script>alert" not in page.body
        assert json.loads(running.ask("GET", "/catalyst/state", Cookie=cookie).body)["state"] == "starting"
        assert running.stub.seen == []
        running.say(state="ready")
        wait(lambda: running.ask("GET", "/", Cookie=cookie).status == 200)


def test_the_posture_page_changes_nothing(running: Gateway) -> None:
    cookie = running.cookie()
    page = running.ask("GET", "/catalyst", Cookie=cookie)
    assert page.status == 200
    assert "<b>only" not in page.text
    assert "script-src 'none'; sandbox allow-scripts" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert running.ask(method, "/catalyst", b"", Cookie=cookie, Origin=running.url).status in {404, 405}
    assert not [name for name in page.headers if name.lower().startswith("access-control")]


def test_only_a_name_with_a_certificate_of_its_own_is_https_for_ever(tmp_path: Path) -> None:
    with gateway(tmp_path, config(tls="own", hosts=("comfy.example",))) as named:
        token = {"Authorization": f"Bearer {named.token()}"}
        for path in ("/", "/queue"):
            asked = [named.ask("GET", path, Host=host, **token).headers.get("Strict-Transport-Security")
                     for host in ("comfy.example", "127.0.0.1", "localhost", "[::1]")]  # fmt: skip
            assert asked == ["max-age=31536000", None, None, None], path


def test_a_session_ends_by_itself(tmp_path: Path) -> None:
    from catalyst.services.gateway.state import Lives

    with gateway(tmp_path, config(lives=Lives(0.5, 100.0))) as running:
        cookie = running.cookie()
        assert running.ask("GET", "/x", Cookie=cookie).status == 200
        time.sleep(0.7)
        assert running.ask("GET", "/x", Cookie=cookie).status == 401


