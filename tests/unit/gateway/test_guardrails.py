"""Each rule about a request by itself: what passes and what does not."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.services.gateway import guardrails, headers, refusals
from catalyst.services.gateway.config import Config
from gateways import config


def shape(method: str = "GET", target: str = "/", **sent: str) -> int:
    named = {key.replace("_", "-"): value for key, value in sent.items()}
    refused = guardrails.shape(method, target, named, {key.lower(): 1 for key in named})
    return refused.status if refused else 200


@pytest.mark.parametrize("target", [
    "/", "/view?filename=a%2Fb", "/userdata/a%2Fb.json", "/userdata/a..b", "/a/...", "/x?y=../z", "/~a/(b)!$&'*+,;=:@",
    "//double", "/%E2%82%AC", "/x?{}|^`", "/a|b", "/[x]",
])  # fmt: skip
def test_targets_that_pass(target: str) -> None:
    assert shape(target=target) == 200


@pytest.mark.parametrize("target", [
    "*", "http://evil/", "evil:443", "", "/a b", "/a\x00", "/a\n", "/€", "/..", "/a/../b", "/%2e%2e", "/a/%2E./b",
    "/a%2f..%2fb",
    "/a\\..\\b", "/a%5c..%5cb", "/userdata/..%2F..%2Fetc", "/a#b", '/a"b',
])  # fmt: skip
def test_targets_that_do_not(target: str) -> None:
    assert shape(target=target) == 400


def test_methods_and_framing() -> None:
    assert [shape(method) for method in ("GET", "POST", "PATCH", "PROPFIND", "CONNECT", "TRACE")] == [200] * 4 + [405] * 2
    assert shape(Content_Length="1", Transfer_Encoding="chunked") == 400
    assert [shape(Transfer_Encoding=one) for one in ("chunked", "gzip", "gzip, chunked", "xchunked")] == [200] + [400] * 3
    upgrades = ("websocket", "WebSocket", "h2c", "TLS/1.0", "websocket, h2c")
    assert [shape(Upgrade=one) for one in upgrades] == [200] * 2 + [400] * 3
    for name in ("host", "content-length", "transfer-encoding", "origin"):
        assert guardrails.shape("GET", "/", {}, {name: 2}) is not None


@pytest.mark.parametrize("value", [
    "127.0.0.1:8188", "localhost", "LOCALHOST:1", "[::1]:8188", "192.168.1.2", "comfy.example", "Comfy.Example:99",
    "ported.example:81", "comfy.example.",
])  # fmt: skip
def test_hosts_that_pass(value: str) -> None:
    assert guardrails.host(value, ("comfy.example", "ported.example:81")) is None


@pytest.mark.parametrize("value", [
    "", "evil.test", "127.0.0.1.nip.io", "localhost.evil.test", "2130706433", "0x7f.1", "127.1", "ported.example",
    "ported.example:82", "comfy.example@evil", "evil.test:8188", "[::1", "[evil]", "a b", "comfy.example:x",
    "comfy.example:999999",
    "xcomfy.example", "127.0.0.1:8188, evil.test",
])  # fmt: skip
def test_hosts_that_do_not(value: str) -> None:
    assert guardrails.host(value, ("comfy.example", "ported.example:81")) is not None


def test_the_host_error_says_how_to_add_the_name() -> None:
    refused = guardrails.host("box.lan:8188", ())
    assert refused is not None
    assert refused.why.endswith("catalyst up --allow-host=box.lan")


@pytest.mark.parametrize(("origin", "host", "scheme", "same"), [
    ("http://127.0.0.1:8188", "127.0.0.1:8188", "http", True), ("https://a.example", "a.example", "https", True),
    ("https://a.example", "a.example:443", "https", True), ("http://a.example:80", "a.example", "http", True),
    ("http://127.0.0.1:9501", "127.0.0.1:8188", "http", False), ("https://a.example", "a.example", "http", False),
    ("http://localhost:8188", "127.0.0.1:8188", "http", False), ("null", "127.0.0.1:8188", "http", False),
    ("http://a.example.", "a.example", "http", True), ("http://a.example/x", "a.example", "http", False),
    ("http://u@a.example", "a.example", "http", False), ("http://a.example:x", "a.example", "http", False),
    ("", "", "http", False), ("http://", "", "http", False), ("HTTP://A.EXAMPLE", "a.example", "http", True),
    ("http://a.example:99999", "a.example", "http", False),
])  # fmt: skip
def test_origins(origin: str, host: str, scheme: str, same: bool) -> None:
    assert guardrails.same_origin(origin, host, scheme) is same


def asked(method: str = "GET", *, upgrade: bool = False, bearer: bool = False, home: bool = False, **sent: str) -> bool:
    named = {"Host": "h", **{key.replace("_", "-"): value for key, value in sent.items()}}
    return guardrails.origin(method, named, scheme="http", upgrade=upgrade, bearer=bearer, home=home) is None


def test_who_may_ask() -> None:
    assert asked()
    assert asked(Sec_Fetch_Site="same-origin")
    assert not asked(Sec_Fetch_Site="same-site")
    assert not asked(Sec_Fetch_Site="cross-site")
    assert not asked(Sec_Fetch_Site="cross-site", Sec_Fetch_Dest="document")
    assert asked(Sec_Fetch_Site="cross-site", Sec_Fetch_Dest="document", home=True)
    assert not asked(Sec_Fetch_Site="cross-site", Sec_Fetch_Dest="iframe", home=True)
    assert not asked("POST")
    assert not asked("POST", Origin="null")
    assert not asked("POST", Origin="http://h:81")
    assert asked("POST", Origin="http://h")
    assert not asked("OPTIONS")
    assert not asked(upgrade=True)
    assert asked(upgrade=True, Origin="http://h")
    assert asked("POST", bearer=True)


def test_a_proxy_that_was_not_named_is_told_of() -> None:
    refused = guardrails.origin("POST", {"Host": "h", "Origin": "https://h"}, scheme="http",
                                upgrade=False, bearer=False, home=False)  # fmt: skip
    assert refused is not None
    assert "--trusted-proxy" in refused.why


@pytest.mark.parametrize("path", [
    "/manager/reboot", "/api/manager/reboot", "/customnode/install/git_url", "//manager//reboot", "/%6danager/reboot",
    "/manager%2Freboot", "/./manager/x", "/api//manager", "/comfyui_manager/x", "/v2/manager/queue/start", "/v2",
    "/internal/logs",
    "/api/internal/logs", "/externalmodel/getlist", "/snapshot/restore", "/models/download",
])  # fmt: skip
def test_routes_refused_from_high_on(path: str) -> None:
    assert refusals.refused(path, 0) == ""
    assert refusals.refused(path, 1)
    assert refusals.refused(path, 2)


@pytest.mark.parametrize("path", [
    "/", "/prompt", "/managers", "/v2/userdata", "/api/v2/userdata?x", "/view", "/userdata/manager%2Fx.json",
    "/models/checkpoints",
    "/extensions/ComfyUI-Manager/x.js", "/object_info",
])  # fmt: skip
def test_routes_that_stay(path: str) -> None:
    assert refusals.refused(path.partition("?")[0], 2) == ""


@given(st.lists(st.sampled_from(["manager", "api", ".", "", "x"]), max_size=5), st.integers(0, 1))
def test_writing_it_differently_does_not_help(parts: list[str], encoded: int) -> None:
    """Whatever a router that decodes once and merges slashes would take for Manager's is refused."""
    written = "/" + "/".join("".join(f"%{ord(c):02x}" for c in part) if encoded else part for part in parts)
    seen = [part for part in parts if part not in {"", "."}]
    managers = seen[:1] == ["manager"] or seen[:2] == ["api", "manager"]
    assert bool(refusals.refused(written, 1)) is managers


@given(st.text(max_size=40))
def test_no_target_of_any_text_leads_upwards(text: str) -> None:
    for target in (f"/{text}", f"/{quote(text)}", f"/a/{quote(text, safe='')}"):
        if shape(target=target) == 200:
            assert ".." not in refusals.plain(target.partition("?")[0]).split("/")


@given(st.lists(st.tuples(st.sampled_from(["Connection", "Cookie", "X-A", "X-B", "Authorization", "X-Forwarded-For",
"Host"]),
                          st.sampled_from(["x-a", "x-b, close", "secret", "keep-alive"])), max_size=8))  # fmt: skip
def test_no_credential_goes_in(pairs: list[tuple[str, str]]) -> None:
    inside = list(headers.inwards(pairs))
    names = [name.lower() for name, _ in inside]
    assert not {"cookie", "authorization", "connection", "x-forwarded-for"} & set(names)
    assert [value for name, value in inside if name.lower() == "host"] == ["127.0.0.1:8188"]


@pytest.mark.parametrize(("kind", "dead"), [
    ("image/png", False), ("image/svg+xml", True), ("image/SVG+xml", True), ("text/html", True), ("", True),
    ("video/mp4", False),
    ("application/json", True), ("image/png; charset=x", False), ("image/svg+xml; x=image/png", True), ("text/xml", True),
    ("image/png, text/html", True),
])  # fmt: skip
def test_what_is_shown_of_stored_files(kind: str, dead: bool) -> None:
    found = dict(headers.outwards([("Content-Type", kind)], "/view"))
    assert found["Content-Security-Policy"].startswith("sandbox") is dead


@pytest.mark.parametrize(("path", "stored"), [
    ("/assets/index-BKeTeXLp.js", False), ("/assets/a.woff2", False), ("/assets/0b6f1c52-6f63-4e4c-9d9e-1f6d3a1f8a11", True),
    ("/assets/0b6f1c52-6f63-4e4c-9d9e-1f6d3a1f8a11/content", True), ("/assets/x/y.js", True), ("/assets/x.svg", True),
    ("/assets/lib/primevue/config/index.mjs", False), ("/assets/lib/@primevue/icons/bars/index.mjs", False),
    ("/assets/lib/x/content", True), ("/assets/lib/x/y.svg", True), ("/assets/x/lib/y.mjs", True),
    ("/assets/lib/x.mjs.html", True), ("/assets/x.js.html", True),
    ("/assets/x.js\n", True), ("/assets/.js", True), ("/view/x.js", True), ("/assets", True),
])  # fmt: skip
def test_the_front_ends_own_files_are_not_stored_ones(path: str, stored: bool) -> None:
    """Those are asked for with each page, and the browser may keep them; a stored one runs nothing and is not kept."""
    found = dict(headers.outwards([("Content-Type", "text/javascript"), ("Cache-Control", "no-cache")], path))
    assert found["Content-Security-Policy"].startswith("sandbox") is stored
    assert found["Cache-Control"] == ("no-store" if stored else "private, no-cache")


def test_the_configuration_survives_its_text() -> None:
    made = config(hosts=("a", "b:1"), level=2)
    assert Config.decode(made.encode()) == made
    with pytest.raises(ValueError, match="other keys"):
        Config.decode(b'{"id": "x"}')
