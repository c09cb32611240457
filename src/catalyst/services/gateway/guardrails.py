"""What every request must be before anything else is asked: for a name that is ours, from a page that is ours, whole.

SameSite is not enough: a page on another port of the same host sends a SameSite=Strict cookie and opens the websocket
(measured with Chromium 156), and in DNS rebinding Host and Origin agree. Pure functions; None is "go on".
"""

import ipaddress
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from catalyst.guard.record import Record

_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?\Z")
_TARGET = re.compile(r"/[\x21\x24-\x5b\x5d\x5f\x61-\x7a\x7e\x25\x7c]*(?:\?[\x21-\x7e]*)?\Z")
SAFE_METHODS = ("GET", "HEAD")
ONCE = ("host", "content-length", "transfer-encoding", "origin", "upgrade")
NO_METHODS = ("CONNECT", "TRACE")  # a tunnel is not ours to give, and TRACE shows what HttpOnly hides
OURS = ("same-origin", "none")


class Refusal(Record):
    """A status and the words that go with it: plain text, of fixed words but for what `shown` let through."""

    status: int
    why: str


def shape(method: str, target: str, headers: Mapping[str, str], counts: Mapping[str, int]) -> Refusal | None:
    """Whether the request can be read in one way only. `counts`: how often each header (lower case) was there.

    RFC 9112 6.3 and the smuggling that it warns of: a proxy and the server behind it must not disagree on where a
    request ends or what it asks for.
    """
    if method in NO_METHODS:
        return Refusal(405, "this method is not served")
    if not _TARGET.match(target):
        return Refusal(400, "the request's target is malformed")
    path = target.partition("?")[0]
    if (".." in path or "%" in path) and ".." in re.split(r"[/\\]", unquote(path)):
        return Refusal(400, "the path leads upwards")
    if "content-length" in counts and "transfer-encoding" in counts:
        return Refusal(400, "both Content-Length and Transfer-Encoding")
    if any(counts[name] > 1 for name in ONCE if name in counts):
        return Refusal(400, "a header that may be there once is there twice")
    if counts.get("transfer-encoding") and headers.get("Transfer-Encoding", "").strip().lower() != "chunked":
        return Refusal(400, "this Transfer-Encoding is not served")
    upgrade = headers.get("Upgrade", "websocket").strip().lower()
    if upgrade != "websocket":
        return Refusal(400, "this Upgrade is not served")
    return None


def host(value: str, names: Collection[str]) -> Refusal | None:
    """Whether `value`, the Host header, is an address, localhost or one of `names` (NAME or NAME:PORT, lower case).

    An address needs no list: DNS rebinding, which this check is against, needs a name (Comfy-Org/ComfyUI#12860).
    """
    found = _HOST.match(value)
    if not found:
        return Refusal(400, "the Host header is missing or malformed")
    name = found["name"].lower().rstrip(".")
    if name == "localhost" or _is_address(name.strip("[]")) or name in names or value.lower() in names:
        return None
    return Refusal(421, f"this is not served under the name {name}; to add it: catalyst up --allow-host={name}")


@lru_cache(256)  # the same few with every request
def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def origin(
    method: str, headers: Mapping[str, str], *, scheme: str, upgrade: bool, bearer: bool, home: bool
) -> Refusal | None:
    """Whether the page that asks is ours: the same scheme, host and port. For requests with a cookie or with nothing.

    A request with a bearer token may come from anywhere: no browser adds one by itself, and a page of another origin
    could add it only after a preflight, which is never answered. `home`: a navigation to it is anybody's to make.
    """
    said = headers.get("Origin")
    if bearer:
        return None
    if said is not None and not same_origin(said, headers.get("Host", ""), scheme):
        return Refusal(403, _wrong_origin(said, headers.get("Host", ""), scheme))
    if said is None and (upgrade or method not in SAFE_METHODS):
        return Refusal(403, "no Origin header and no bearer token: scripts send Authorization: Bearer TOKEN "
                            "(catalyst token new)")  # fmt: skip
    site, navigates = headers.get("Sec-Fetch-Site", "none"), headers.get("Sec-Fetch-Dest") == "document"
    if site not in OURS and not (home and navigates and method in SAFE_METHODS):
        return Refusal(403, "asked for by a page of another origin")
    return None


def same_origin(said: str, host: str, scheme: str) -> bool:
    """Whether an Origin header names exactly scheme://host, ports included (RFC 6454 4 and 5)."""
    try:
        parts = urlsplit(said)
        told = (parts.scheme, (parts.hostname or "").rstrip("."), parts.port or _port(parts.scheme))
        here = urlsplit(f"{scheme}://{host}")
        ours = (scheme, (here.hostname or "").rstrip("."), here.port or _port(scheme))
    except ValueError:
        return False
    return bool(told[1]) and told == ours and not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)


def _port(scheme: str) -> int:
    return {"http": 80, "https": 443}.get(scheme, 0)


def _wrong_origin(said: str, host: str, scheme: str) -> str:
    if scheme == "http" and same_origin(said, host, "https"):
        return ("the page was fetched by https and this request came by http: name the proxy between with "
                "catalyst up --trusted-proxy=ADDRESS")  # fmt: skip
    return "asked for by a page of another origin"
