"""Which headers cross the gateway, and which it adds.

Inwards go no credential and nothing that only a proxy may say; outwards comes nothing that would change how the browser
treats this origin beyond the answer itself.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeAlias

Pairs: TypeAlias = "Iterable[tuple[str, str]]"
Own: TypeAlias = "tuple[tuple[str, str], ...]"

INSIDE = "127.0.0.1:8188"  # ComfyUI compares Host and Origin where Host is loopback (server.py); it never needs ours
HOP = frozenset({"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
                 "trailer", "transfer-encoding", "upgrade"})  # fmt: skip; RFC 9110 7.6.1
# All cookies: those of other programs on this host come along, since cookies do not know ports, and ComfyUI has none.
# comfy-user would choose the user with --multi-user (user_manager.py). Sec-Fetch-Dest stays: ComfyUI 0.28 looks at it.
NOT_IN = HOP | {"host", "origin", "cookie", "authorization", "comfy-user", "forwarded", "via", "x-real-ip", "expect",
                "sec-fetch-site", "sec-fetch-mode", "sec-fetch-user", "true-client-ip", "x-client-ip", "x-scheme",
                "cdn-loop"}  # fmt: skip
# What proxies say of a visitor: Cloudflare, Tailscale, Authelia (Remote-User), oauth2-proxy, authentik, Grafana (WebAuth).
NOT_IN_PREFIXES = ("x-forwarded-", "tailscale-", "remote-", "x-remote-", "cf-", "x-auth-request-", "x-authentik-",
                   "x-webauth-", "sec-websocket-")  # fmt: skip
# Cookies of the workload would fall on other programs of this host; the others outlive the answer.
NOT_OUT = HOP | {"set-cookie", "server", "date", "alt-svc", "clear-site-data", "strict-transport-security", "nel",
                 "report-to", "reporting-endpoints", "service-worker-allowed", "www-authenticate", "x-frame-options",
                 "referrer-policy", "x-content-type-options", "cross-origin-opener-policy", "origin-agent-cluster",
                 "x-powered-by", "x-xss-protection", "public-key-pins", "expect-ct", "cache-control", "surrogate-control",
                 "edge-control", "x-sendfile", "x-reproxy-url"}  # fmt: skip
# The last three are orders to a proxy in front of us: nginx, lighttpd and LiteSpeed serve the file that they name.
NOT_OUT_PREFIXES = ("access-control-", "x-accel-", "x-lighttpd-", "x-litespeed-")
# What of Cache-Control is the browser's. The rest is for caches that others share, who would be handed it without a login.
_BROWSERS = re.compile(r"no-cache|no-store|must-revalidate|no-transform|immutable|max-age=[0-9]{1,10}")

# What the real front end runs under (knowledge: only its calls home are blocked). It cannot contain a hostile node's
# script; it cuts its ways out by connect, image and form.
CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    "worker-src 'self' blob:; frame-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)
NO_STORE = ("Cache-Control", "no-store")
SAME_ORIGIN = (  # not no-referrer: with it the browser sends `Origin: null` with our own forms (Fetch, append Origin)
    ("Referrer-Policy", "same-origin"), ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "SAMEORIGIN"),
    ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
)  # fmt: skip

# Files that somebody stored: whatever they are, opened as a page they are dead. Paths as refusals.plain makes them.
STORED = ("/view/", "/userdata/", "/v2/userdata/", "/assets/", "/experiment/models/preview/", "/viewvideo/", "/vhs/")
# The front end's own files stand in /assets/ too, with a hash in their names, or in lib/; a stored one is called by its id.
# Not kept, they would be fetched and compiled anew with each page.
BUILT = re.compile(r"/assets/(?:lib/(?:[^/]+/)*)?[^/]+\.(?:m?js|css|map|woff2?|ttf|eot)")
SHOWN = re.compile(r"(?:image/(?!svg)[a-z0-9.+-]+|(?:audio|video)/[a-z0-9.+-]+)\s*(?:;|\Z)", re.IGNORECASE)
DEAD = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self' data:"


def inwards(pairs: Pairs) -> Iterator[tuple[str, str]]:
    """What of a request's headers the workload sees."""
    pairs = tuple(pairs)
    lows = [name.lower() for name, _ in pairs]
    named = _named(pairs) if "connection" in lows else ()
    for low, pair in zip(lows, pairs, strict=True):
        if _goes_in(low) and low not in named:
            yield pair
    yield "Host", INSIDE
    if "origin" in lows:
        yield "Origin", f"http://{INSIDE}"


def outwards(pairs: Pairs, path: str, more: Own = ()) -> Iterator[tuple[str, str]]:
    """What of an answer's headers the browser sees, and ours. `path` as refusals.plain makes it; `more` are added."""
    pairs, kind, caching = tuple(pairs), "", ""
    lows = [name.lower() for name, _ in pairs]
    named = _named(pairs) if "connection" in lows else ()
    stored = f"{path}/".startswith(STORED) and not BUILT.fullmatch(path)
    for low, pair in zip(lows, pairs, strict=True):
        if low == "content-type":
            kind = pair[1]
        elif low == "cache-control":
            caching += f",{pair[1]}"
        if _comes_out(low) and low not in named:
            yield pair
    yield from SAME_ORIGIN
    yield "Content-Security-Policy", DEAD if stored and not SHOWN.match(kind.strip()) else CSP
    yield from more
    if NO_STORE not in more:  # pictures must not outlive the session in the browser's cache
        yield NO_STORE if stored else ("Cache-Control", _private(caching[:1000]))


@lru_cache(1024)  # the same few names come with every request
def _goes_in(low: str) -> bool:
    name = low.replace("_", "-")  # to a node with WSGI or CGI inside both are the same
    return name not in NOT_IN and not name.startswith(NOT_IN_PREFIXES)


@lru_cache(1024)
def _comes_out(low: str) -> bool:
    # …-cache-control is for one kind of cache each (RFC 9213)
    return low not in NOT_OUT and not low.startswith(NOT_OUT_PREFIXES) and not low.endswith("-cache-control")


@lru_cache(256)
def _private(said: str) -> str:
    words = [word.strip().lower() for word in said.split(",")]
    return ", ".join(["private", *filter(_BROWSERS.fullmatch, words)])


def _named(pairs: Pairs) -> frozenset[str]:
    """Headers that `Connection` says are of this hop only. Content-Length stays: without it the body's end would move."""
    listed = (value for name, value in pairs if name.lower() == "connection")
    return frozenset(word.strip().lower() for value in listed for word in value.split(",")) - {"content-length"}
