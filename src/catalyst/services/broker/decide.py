"""The policy in force: what reach and rules say about a name, an address, and every answer of a resolver."""

import ipaddress
import socket
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from catalyst.egress.addresses import Address, Kind
from catalyst.egress.rules import Rule, blocked, parse
from catalyst.errors import EgressRule
from catalyst.guard.record import Record

NOT_LISTED = "not on the list of allowed hosts"
ROUTES = Path("/proc/self/net")
NOT_LISTED_ADDRESS = "an address needs a rule of its own"


class Verdict(Record):
    """`rule`: the one that allowed it, empty where the reach did. `instead`: a rule that would allow it, if any can."""

    allowed: bool
    rule: str = ""
    why: str = ""
    instead: str = ""


class Policy:
    """Reach `internet`: any public host, any port. `hosts`: the rules only. Rules change while it is in force."""

    def __init__(self, reach: str, *, private: bool, rules: Iterable[Rule]) -> None:
        self.internet = reach == "internet"
        self.private = private
        self.rules = list(dict.fromkeys(rules))

    def host(self, host: str | Address, port: int | None) -> Verdict:
        """May it be asked for? Says nothing yet about where a name leads. `port` None: on some port (DNS)."""
        found = self._about(host, port)
        if found:
            return Verdict(True, str(found[0]))
        if self.internet:
            return Verdict(True)
        why = NOT_LISTED if isinstance(host, str) else NOT_LISTED_ADDRESS
        return Verdict(False, "", why, suggestion(host, port))

    def answers(self, host: str | Address, port: int, addresses: Iterable[Address]) -> Verdict:
        """May the host be dialled at all of these addresses?"""
        for address in addresses:
            opened = self._opened(host, port, address)
            kind = blocked(address, opened)
            if kind is None and Kind.LOOPBACK not in opened and (own(address) or address in gateways()):
                kind = Kind.LOOPBACK
            if kind is not None:
                where = "this is" if host == address else "it leads to"
                return Verdict(False, "", f"{where} a {kind.value} address", suggestion(host, port, kind))
        return Verdict(True)

    def still(self, host: str | Address, port: int, address: Address) -> bool:
        """Would a connection that stands be made again?"""
        return self.host(host, port).allowed and self.answers(host, port, [address]).allowed

    def _about(self, host: str | Address, port: int | None) -> list[Rule]:
        if isinstance(host, str):
            return [rule for rule in self.rules if rule.names(host, port)]
        return [rule for rule in self.rules if rule.covers(host, port or 0)]

    def _opened(self, host: str | Address, port: int, address: Address) -> frozenset[Kind]:
        opened = {Kind.PUBLIC} if self.internet or isinstance(host, str) else set()
        if self.internet and self.private:
            opened.add(Kind.PRIVATE)
        for rule in self._about(host, port) + self._about(address, port):
            opened |= rule.opens
            if rule.network is not None and rule.network.prefixlen == rule.network.max_prefixlen:
                opened.add(Kind.LOOPBACK)  # exactly this address, so also when it is this machine's own
        return frozenset(opened)


def own(address: Address) -> bool:
    """Is it an address of this machine? Then the kernel would send from it as well. Nothing is sent."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
            probe.connect((str(address), 9))
            return bool(probe.getsockname()[0] == str(address))
    except OSError:  # no route: dialling fails as well
        return False


def gateways() -> frozenset[Address]:
    """Next hops of the default routes, as a line of /proc has them (proc_pid_net(5)). In a container that is the host, which
    is this machine as well; elsewhere it is the router, where nobody looks for a model either."""
    found: set[Address] = set()
    for words in _lines("route"):  # the interface, then numbers in the machine's order of bytes
        if words[1] == "00000000" and words[2] != "00000000":
            found.add(ipaddress.IPv4Address(int(words[2], 16).to_bytes(4, sys.byteorder)))
    for words in _lines("ipv6_route"):
        if words[0] == "0" * 32 and words[1] == "00" and words[4] != "0" * 32:
            found.add(ipaddress.IPv6Address(bytes.fromhex(words[4])))
    return frozenset(found)


def _lines(name: str) -> list[list[str]]:
    try:
        text = (ROUTES / name).read_text(encoding="ascii")
    except OSError:  # a kernel without IPv6 has no such table
        return []
    return [words for line in text.splitlines() if len(words := line.split()) > 4]


def suggestion(host: str | Address, port: int | None, kind: Kind | None = None) -> str:
    """The rule that would allow it, in canonical form; empty where none can."""
    text = f"[{host}]" if not isinstance(host, str) and host.version == 6 else str(host)
    word = {Kind.PRIVATE: "+private", Kind.LOOPBACK: "+loopback"}.get(kind, "") if isinstance(host, str) and kind else ""
    if kind is not None and kind not in (Kind.PRIVATE, Kind.LOOPBACK):
        return ""
    try:
        return str(parse(f"{text}{word}:{port}" if port else f"{text}{word}"))
    except EgressRule:
        return ""
