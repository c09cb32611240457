"""Behind Traefik, Tailscale and Cloudflare's tunnel with the settings of docs/guides/gateway.md.

Debian has none of the three, so they are stood in for: each sends what its source or documentation says it does, and the
headers of a visitor who writes some of them himself.
"""

import base64
import re
import socket
from pathlib import Path

import pytest
import yaml

from catalyst import settings
from catalyst.instance import front
from catalyst.instance.store import Store
from gateways import Gateway, config, gateway

GUIDE = (Path(__file__).parents[3] / "docs/guides/gateway.md").read_text(encoding="utf-8")
SECTION = GUIDE.partition("## Behind another proxy")[2].partition("\n## ")[0]
LINES = re.findall(r"catalyst up (--allow-host=\S+ --trusted-proxy=[\d.]+)", SECTION)
COMFY, TAILNET = "comfy.example.net", "box.tailnet.ts.net"
VISITOR = "203.0.113.9"
Headers = list[tuple[str, str]]


def traefik(sent: Headers, *, upgrade: bool) -> Headers:
    """github.com/traefik/traefik, pkg/middlewares/forwardedheaders: what came under these names is dropped first. For a
    websocket it says wss."""
    kept = [pair for pair in sent if not pair[0].lower().startswith(("x-forwarded-", "x-real-ip"))]
    return [*kept, ("X-Forwarded-For", VISITOR), ("X-Forwarded-Host", COMFY), ("X-Forwarded-Port", "443"),
            ("X-Forwarded-Proto", "wss" if upgrade else "https"), ("X-Forwarded-Server", "box"), ("X-Real-Ip", VISITOR),
            ("X-Forwarded-Tls-Client-Cert-Info", "Subject")]  # fmt: skip


def tailscale(sent: Headers, *, upgrade: bool) -> Headers:
    """github.com/tailscale/tailscale, ipn/ipnlocal/serve.go; Go's proxy drops what came of these."""
    del upgrade
    own = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "tailscale-")
    kept = [pair for pair in sent if not pair[0].lower().startswith(own)]
    return [*kept, ("X-Forwarded-For", VISITOR), ("X-Forwarded-Host", TAILNET), ("X-Forwarded-Proto", "https"),
            ("Tailscale-User-Login", "owner@example.net"), ("Tailscale-User-Name", "Owner"),
            ("Tailscale-User-Profile-Pic", "https://example.net/p"), ("Tailscale-App-Capabilities", "{}"),
            ("Tailscale-Headers-Info", "https://tailscale.com/s/serve-headers")]  # fmt: skip


def cloudflare(sent: Headers, *, upgrade: bool) -> Headers:
    """developers.cloudflare.com/fundamentals/reference/http-headers: the address goes behind those that came."""
    del upgrade
    came = [value for name, value in sent if name == "X-Forwarded-For"]
    replaced = ("x-forwarded-", "accept-encoding", "cf-", "cdn-loop")
    kept = [pair for pair in sent if not pair[0].lower().startswith(replaced)]
    return [*kept, ("X-Forwarded-For", ",".join([*came, VISITOR])), ("X-Forwarded-Proto", "https"),
            ("Accept-Encoding", "gzip, br"), ("CF-Connecting-IP", VISITOR), ("CF-IPCountry", "NL"), ("CF-IPCity", "Delft"),
            ("CF-Ray", "230b030023ae2822-SJC"), ("CF-Visitor", '{"scheme":"https"}'), ("CDN-Loop", "cloudflare; loops=1"),
            ("CF-Warp-Tag-Id", "ee14046b"), ("CF-EW-Via", "15"), ("CF-Worker", "example.com"), ("CF-Pseudo-IPv4", VISITOR),
            ("CF-Access-Authenticated-User-Email", "owner@example.net"), ("Cf-Access-Jwt-Assertion", "x.y.z")]  # fmt: skip


PROXIES = {"traefik": (COMFY, traefik), "tailscale": (TAILNET, tailscale), "cloudflare": (COMFY, cloudflare)}
# What a visitor may try, beside what a browser sends: to be another, or to be somebody for a node that believes headers.
OWN = [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", "evil.test"),
       ("Forwarded", "for=198.51.100.1;proto=http;host=evil.test"), ("X-Real-IP", "198.51.100.1"),
       ("True-Client-IP", "198.51.100.1"), ("X-Forwarded-User", "admin"), ("Remote-User", "admin"),
       ("X_Forwarded_For", "198.51.100.1"), ("Tailscale_User_Login", "admin"), ("X-Auth-Request-Email", "admin"),
       ("X-Authentik-Username", "admin"), ("X-WebAuth-User", "admin"), ("X-Remote-User", "admin"), ("Comfy_User", "admin"),
       ("X-Client-IP", "198.51.100.1"), ("X-Scheme", "http")]  # fmt: skip
# What ComfyUI may see; the values are the browser's, or ours.
SEEN = {"host", "origin", "user-agent", "accept-encoding", "content-length", "connection", "upgrade",
        "sec-websocket-key", "sec-websocket-version"}  # fmt: skip


def documented(line: str) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in re.findall(r"--([a-z-]+)=(\S+)", line)}


def asked(running: Gateway, method: str, path: str, sent: Headers, body: bytes = b"") -> bytes:
    """One request, byte for byte, and what comes back until it ends."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent)]
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return running.raw("\r\n".join([*lines, "", ""]).encode() + body, wait=20)


@pytest.mark.parametrize("kind", PROXIES)
def test_behind_it(kind: str, tmp_path: Path) -> None:
    name, proxy = PROXIES[kind]
    (line,) = [one for one in LINES if name in one]
    made = front.config(settings.load(documented(line), {}, None), Store(str(tmp_path)))
    with gateway(tmp_path, config(hosts=made.hosts, proxies=made.proxies)) as running:
        browser = [("Host", name), ("Origin", f"https://{name}"), ("User-Agent", "b"), *OWN]

        form = f"link={running.link()}".encode()
        reply = asked(running, "POST", "/catalyst/login", proxy(browser, upgrade=False), form)
        assert reply.startswith(b"HTTP/1.1 303 "), reply
        cookie = re.search(rb"Set-Cookie: (__Host-catalyst-test=[^;]+);(.*)\r\n", reply)
        assert cookie
        assert b"Secure" in cookie[2]
        logged_in = [*browser, ("Cookie", cookie[1].decode())]

        closing = [*proxy(logged_in, upgrade=False), ("Connection", "close")]
        assert asked(running, "POST", "/prompt", closing, b"{}").startswith(b"HTTP/1.1 200 ")
        assert asked(running, "POST", "/prompt", [("Origin", "https://evil.test"), *closing[2:], ("Host", name)],
                     b"{}").startswith(b"HTTP/1.1 403 ")  # fmt: skip

        key = base64.b64encode(bytes(16)).decode()
        opening = [*proxy(logged_in, upgrade=True), ("Connection", "Upgrade"), ("Upgrade", "websocket"),
                   ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", key)]  # fmt: skip
        assert opened(running, opening)
        assert not opened(running, [(one, "https://evil.test" if one == "Origin" else value) for one, value in opening])

        assert [seen["target"] for seen in running.stub.seen] == ["/prompt", "/ws"]
        for seen in running.stub.seen:
            names = [header.lower() for header, _ in seen["headers"]]
            assert set(names) <= SEEN, set(names) - SEEN
            values = " ".join(value for _, value in seen["headers"])
            assert not re.search(r"198\.51|203\.0|admin|owner|evil|catalyst", values), values
        said = running.log.read_text()
        assert f" {VISITOR} POST '/prompt' 200 " in said  # wrong passwords are counted for him, not for the proxy
        assert "198.51.100.1" not in said


def opened(running: Gateway, sent: Headers) -> bool:
    lines = ["GET /ws HTTP/1.1", *(f"{name}: {value}" for name, value in sent)]
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as one:
        one.sendall("\r\n".join([*lines, "", ""]).encode())
        return one.recv(4096).startswith(b"HTTP/1.1 101 ")


def test_what_it_says_counts_for_nothing_from_elsewhere(tmp_path: Path) -> None:
    """The same headers from an address that was not named: neither https nor another address."""
    with gateway(tmp_path, config(hosts=(COMFY,))) as running:
        sent = traefik([("Host", COMFY), ("Origin", f"https://{COMFY}")], upgrade=False)
        reply = asked(running, "POST", "/catalyst/login", sent, f"link={running.link()}".encode())
        assert reply.startswith(b"HTTP/1.1 403 "), reply
        assert b"--trusted-proxy=ADDRESS" in reply
        assert VISITOR not in running.log.read_text()


def test_the_documented_settings_lead_here() -> None:
    """What the guide gives to Traefik and cloudflared is YAML, names the host, and leads to the gateway."""
    blocks = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)]
    (routing,) = [one["http"] for one in blocks if "http" in one]
    router = routing["routers"]["comfyui"]
    assert router["rule"] == f"Host(`{COMFY}`)"
    servers = routing["services"][router["service"]]["loadBalancer"]["servers"]
    (tunnel,) = [one["ingress"] for one in blocks if "ingress" in one]
    assert [one["url"] for one in servers] == [tunnel[0]["service"]] == ["http://127.0.0.1:8188"]
    assert (tunnel[0]["hostname"], tunnel[-1]) == (COMFY, {"service": "http_status:404"})
    assert "tailscale serve --bg http://127.0.0.1:8188" in SECTION
