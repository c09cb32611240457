"""What a host is: a name or an address, and what lies behind an address.

Resolvers take more spellings for an address than people do: `127.1`, `2130706433`, `0x7f.1`, `017700000001`
(inet_aton(3)), `::ffff:127.0.0.1`, `fe80::1%eth0`. Whatever a resolver would not look up as a name is an address here,
so it is judged as one and never reaches getaddrinfo(3). A name whose last label is a number is none (WHATWG URL,
"ends in a number").
"""

import re
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_LONGEST = 253  # RFC 1035 2.3.4: 255 octets on the wire


class Kind(Enum):
    """Where an address leads."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    METADATA = "cloud metadata"
    MULTICAST = "multicast"
    UNSPECIFIED = "unspecified"
    RESERVED = "reserved"


# First match wins. IANA special-purpose registries (RFC 6890), and where clouds answer with credentials: AWS, GCP,
# Azure and most others on 169.254.169.254, Alibaba 100.100.100.200, Azure's agent 168.63.129.16, Oracle 192.0.0.192,
# AWS fd00:ec2::254 (and its DNS and time beside it), GCP fd20:ce::254.
_RANGES: tuple[tuple[Kind, tuple[Network, ...]], ...] = tuple(
    (kind, tuple(ip_network(one) for one in text.split()))
    for kind, text in (
        (
            Kind.METADATA,
            ("169.254.169.254 169.254.170.2 169.254.170.23 100.100.100.200 168.63.129.16 192.0.0.192 "
             "fd00:ec2::/32 fd20:ce::254"),
        ),
        (Kind.UNSPECIFIED, "0.0.0.0/8 ::/128"),
        (Kind.LOOPBACK, "127.0.0.0/8 ::1/128"),
        (Kind.LINK_LOCAL, "169.254.0.0/16 fe80::/10"),
        (Kind.MULTICAST, "224.0.0.0/4 ff00::/8"),
        (Kind.PRIVATE, "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7 fec0::/10 64:ff9b:1::/48"),
        (
            Kind.RESERVED,
            ("192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 2001::/23 "
             "2001:db8::/32 2002::/16 3fff::/20"),  # 6to4 is deprecated (RFC 7526)
        ),
        (Kind.PUBLIC, "0.0.0.0/0 2000::/3 64:ff9b::/96"),
    )
)  # fmt: skip
OPENABLE = (Kind.PRIVATE, Kind.LOOPBACK)  # what a rule may open besides the public ones; the others stay closed


class NotAHost(ValueError):
    """Neither a name nor an address; the message says why, lower case."""


def parse_host(text: str) -> str | Address:
    """A host as a client wrote it: an address in any spelling, or a name in lower case without its last dot.

    ASCII only, brackets round IPv6 already taken off. A v4-mapped address is the IPv4 address: sockets for both families
    write it so. Raises NotAHost, for a zone id too: it names an interface here.
    """
    if not text.isascii():
        raise NotAHost("a host is written in ASCII; a name in another script in its xn-- form")
    if ":" in text or "%" in text:
        return _ipv6(text)
    name = text.lower().removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(labels)
    if len(name) > _LONGEST:
        raise NotAHost(f"a name has {_LONGEST} characters at most")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise NotAHost("a name is made of labels of 1 to 63 letters, digits, - and _, joined by dots")
    return name


def _ipv6(text: str) -> Address:
    if "%" in text:
        raise NotAHost("an address with a zone id leads to an interface of this machine")
    try:
        address = IPv6Address(text)
    except ValueError:
        raise NotAHost("not an IPv6 address") from None
    return address.ipv4_mapped or address


def _ipv4(labels: list[str]) -> IPv4Address:
    """One to four numbers, decimal, octal or hexadecimal; the last one fills the remaining bytes (inet_aton(3))."""
    try:
        *first, last = (_number(label) for label in labels)
    except ValueError:
        raise NotAHost("an address with a part that is no number") from None
    if len(first) > 3 or any(part > 255 for part in first) or last >= 256 ** (4 - len(first)):
        raise NotAHost("not an IPv4 address, and a name does not end in a number")
    return IPv4Address(sum(part << 8 * (3 - at) for at, part in enumerate(first)) + last)


def _number(label: str) -> int:
    if not _NUMBER.fullmatch(label) or len(label) > 16:
        raise ValueError(label)
    if label[:2].lower() == "0x":
        return int(label[2:] or "0", 16)
    return int(label, 8) if label[0] == "0" else int(label)


def inside(address: Address) -> tuple[IPv4Address, ...]:
    """IPv4 addresses that an IPv6 address carries: the packet ends up there, or may.

    v4-mapped (RFC 4291), v4-compatible, NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP (RFC 5214).
    """
    if isinstance(address, IPv4Address):
        return ()
    bits, last = int(address), int(address) & 0xFFFFFFFF
    found = []
    if bits >> 32 in (0xFFFF, 0xFFFF0000) or (bits >> 32 == 0 and last > 1):  # mapped, translated, compatible
        found.append(last)
    if bits >> 32 == 0x64FF9B << 64 or bits >> 80 == 0x64FF9B0001:
        found.append(last)
    if bits >> 112 == 0x2002:
        found.append(bits >> 80 & 0xFFFFFFFF)
    if bits >> 96 == 0x20010000:
        found += [bits >> 64 & 0xFFFFFFFF, last ^ 0xFFFFFFFF]
    if bits >> 32 & 0xFDFFFFFF == 0x5EFE:
        found.append(last)
    return tuple(IPv4Address(one) for one in found)


def kinds(address: Address) -> frozenset[Kind]:
    """What the address is, and what each address that it carries is: all of it must be allowed."""
    carried = inside(address)
    found = {_kind(one) for one in carried}
    outer = _kind(address)
    if not (carried and outer is Kind.RESERVED and int(address) >> 48 == 0):  # ::ffff:a.b.c.d is what it carries
        found.add(outer)
    return frozenset(found)


def _kind(address: Address) -> Kind:
    for kind, networks in _RANGES:
        if any(network.version == address.version and address in network for network in networks):
            return kind
    return Kind.RESERVED


def shut(version: int, opened: frozenset[Kind]) -> list[str]:
    """The networks of every kind but `opened`, IP version 4 or 6, each once: for whoever must name them one by one."""
    found = [one for kind, networks in _RANGES if kind not in opened for one in networks if one.version == version]
    return [str(one) for one in collapse_addresses(found)]  # type: ignore[type-var]  # of one version


def openable(network: Network) -> Kind | None:
    """The kind that this network lies in entirely, of those which a rule may open. A wider rule opens none."""
    for kind, networks in _RANGES:
        if kind in OPENABLE and any(
            one.version == network.version and network.subnet_of(one) for one in networks  # type: ignore[arg-type]  # same version
        ):
            return kind
    return None


def closed(network: Network) -> Kind | None:
    """The kind that the network lies in entirely, if no rule can open it."""
    for kind, networks in _RANGES:
        if any(one.version == network.version and network.subnet_of(one) for one in networks):  # type: ignore[arg-type]  # same version
            return None if kind in (*OPENABLE, Kind.PUBLIC) else kind
    return Kind.RESERVED if network.version == 6 and network.prefixlen > 3 else None
