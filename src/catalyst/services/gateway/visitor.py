"""Who asks: from which address, by which scheme, and with what he has to show."""

import ipaddress
import re
from collections.abc import Collection, Iterable

from multidict import MultiMapping

from catalyst.services.gateway.config import Config, Network
from catalyst.services.gateway.state import State, digest

_BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9._~+/=-]{1,512})\s*\Z")


class Visitor:
    """`session` and `token` are the hashes of what was shown and counts, empty where there is none. `claimed`: a bearer
    token was shown, whether it counts or not. `secure`: the way to the visitor is encrypted."""

    __slots__ = ("address", "claimed", "secure", "session", "token")  # no record: one is made for every request

    def __init__(
        self, address: str, secure: bool, *, session: bytes = b"", token: bytes = b"", claimed: bool = False,
    ) -> None:  # fmt: skip
        self.address, self.secure, self.session, self.token, self.claimed = address, secure, session, token, claimed

    @property
    def known(self) -> bool:
        """Logged in."""
        return bool(self.session or self.token)

    @property
    def credential(self) -> bytes:
        """What a connection of his is ended with."""
        return self.token or self.session

    @property
    def scheme(self) -> str:
        """Of the address in his browser."""
        return "https" if self.secure else "http"


def look(peer: str, encrypted: bool, headers: MultiMapping[str], cookies: Iterable[str], config: Config,
         state: State) -> Visitor:  # fmt: skip
    """The visitor at the connection from `peer`. `cookies` are the Cookie headers."""
    address, secure = peer, encrypted
    if _trusted(peer, config.proxies):
        address = _first_stranger(",".join(headers.getall("X-Forwarded-For", ())), peer, config.proxies)
        secure = encrypted or _is_https(headers.getall("X-Forwarded-Proto", ()))
    shown = headers.get("Authorization", "")
    if shown:
        found = _BEARER.match(shown)
        hashed = digest(found[1]) if found else b""
        return Visitor(address, secure, token=hashed if found and state.holds_token(hashed) else b"", claimed=True)
    secrets = set(cookie_values(cookies, cookie_name(config, secure)))
    # Two different ones: a page of another path or port has set one (cookie tossing, GHSA-7r3h-4ph8-w38g).
    session = digest(secrets.pop()) if len(secrets) == 1 else b""
    if session and state.holds_session(session, config.lives):
        state.touch_session(session)
        return Visitor(address, secure, session=session)
    return Visitor(address, secure)


def cookie_name(config: Config, secure: bool) -> str:
    """One per instance, since cookies do not know ports; under TLS with the prefix that keeps others from setting it."""
    return f"{'__Host-' if secure else ''}catalyst-{config.id}"


def cookie_values(headers: Iterable[str], name: str) -> list[str]:
    """What the cookies of this name hold."""
    pairs = (pair.strip().partition("=") for header in headers for pair in header.split(";"))
    return [value for found, equals, value in pairs if found == name and equals]


def _is_https(said: Iterable[str]) -> bool:
    """All that X-Forwarded-Proto says: which of several lines is the proxy's own is not known. Of a websocket Traefik says
    wss (its middlewares/forwardedheaders)."""
    schemes = {part.strip().lower() for line in said for part in line.split(",")}
    return bool(schemes) and schemes <= {"https", "wss"}


def _trusted(address: str, proxies: Collection[Network]) -> bool:
    if not proxies:
        return False
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in proxies)


def _first_stranger(forwarded: str, peer: str, proxies: Collection[Network]) -> str:
    """The last address of X-Forwarded-For that is not a trusted proxy's: what stands before it, anybody may have written."""
    for one in reversed([part.strip().strip("[]") for part in forwarded.split(",") if part.strip()]):
        if not _trusted(one, proxies):
            return one[:64]
    return peer
