"""A rule lets the workload reach something: `HOST[+private][+loopback][:PORT]`.

    huggingface.co            that name, port 443
    *.hf.co:443               every name below hf.co, at any depth; not hf.co itself
    models.lan+private:8080   that name, also where it leads to a private address
    ollama.lan+loopback:*     that name, any port, also where it leads to this machine
    10.0.0.0/8:8000           those addresses, and names of other rules that lead there
    [fd00::7]:443             an IPv6 address

A rule for a name opens public addresses only, unless it carries a word. An address or network opens private addresses
or loopback by itself if it lies inside them; 0.0.0.0/0 means public addresses. Link-local, cloud metadata,
multicast, unspecified and reserved addresses cannot be opened.
"""

import re
from encodings.idna import ToASCII
from ipaddress import ip_network

from catalyst.egress.addresses import Address, Kind, Network, NotAHost, closed, kinds, openable, parse_host
from catalyst.errors import EgressRule
from catalyst.guard.record import Record

DEFAULT_PORT = 443
WORDS = {"private": Kind.PRIVATE, "loopback": Kind.LOOPBACK}
_LONGEST = 400
_DIFFERENT = "ßς\u200c\u200d"  # IDNA 2003 and 2008 make different names of these


class Rule(Record):
    """`host`: a name, `*.` and a suffix, or a network in canonical form. `port` None: any."""

    host: str
    port: int | None
    opens: frozenset[Kind]
    network: Network | None

    def __str__(self) -> str:
        host = f"[{self.host}]" if self.network is not None and self.network.version == 6 else self.host
        words = "" if self.network else "".join(f"+{word}" for word, kind in WORDS.items() if kind in self.opens)
        port = "*" if self.port is None else self.port
        return f"{host}{words}{'' if port == DEFAULT_PORT else f':{port}'}"

    def on(self, port: int | None) -> bool:
        """Does it speak of this port? None: of some port."""
        return port is None or self.port is None or self.port == port

    def names(self, name: str, port: int | None) -> bool:
        """Does it allow this name, as `parse_host` returned it?"""
        if self.network is not None or not self.on(port):
            return False
        if self.host.startswith("*."):
            return name.endswith(self.host[1:])
        return name == self.host

    def covers(self, address: Address, port: int) -> bool:
        """Is it an address rule for this address?"""
        return (
            self.network is not None and self.on(port) and self.network.version == address.version
            and address in self.network
        )  # fmt: skip


def parse(text: str) -> Rule:
    """A rule from its text. Raises EgressRule."""
    if len(text) > _LONGEST or not text.isprintable() or any(one.isspace() for one in text):
        raise EgressRule(text, "a rule is one word of printable characters")
    if "://" in text:
        raise EgressRule(text, "a rule names a host, not an address of a page")
    host, port = _split_port(text)
    host, *words = host.split("+")
    opens = _opened(text, words)
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if host.startswith("*"):
        return Rule(f"*.{_suffix(text, host)}", port, opens, None)
    network = _network(text, host)
    if network is None:
        name = _name(text, host)
        return Rule(name, port, opens, None)
    if words:
        raise EgressRule(text, "an address rule opens what it names; it takes no word", text.replace(f"+{words[0]}", ""))
    return Rule(_shown(network), port, _open_by(network), network)


def _split_port(text: str) -> tuple[str, int | None]:
    """The rest and the port, None for any. Colons inside an IPv6 address are none of ours."""
    found = re.fullmatch(r"(\[[^]]*\][^:]*|[^:]*):([^:]*)", text)
    if found is None:
        return text, DEFAULT_PORT
    if found[2] == "*":
        return found[1], None
    if not re.fullmatch("[1-9][0-9]{0,4}", found[2]) or int(found[2]) > 65535:
        raise EgressRule(text, "the port is a number from 1 to 65535, or * for any")
    return found[1], int(found[2])


def _opened(text: str, words: list[str]) -> frozenset[Kind]:
    unknown = [word for word in words if word not in WORDS]
    if unknown:
        raise EgressRule(text, f"the words behind a name are {' and '.join(f'+{word}' for word in WORDS)}")
    return frozenset({Kind.PUBLIC, *(WORDS[word] for word in words)})


def _suffix(text: str, host: str) -> str:
    if not host.startswith("*.") or "*" in host[1:]:
        raise EgressRule(text, "* stands once, alone, before the first dot", "*.example.org:443")
    suffix = _name(text, host[2:])
    if "." not in suffix:
        raise EgressRule(text, f"*.{suffix} would be everything below a top level; name the hosts, or one level more")
    return suffix


def _network(text: str, host: str) -> Network | None:
    """A network or a single address; None: it is a name."""
    address, slash, length = host.partition("/")
    try:
        found = parse_host(address) if address.isascii() else address
    except NotAHost as why:
        raise EgressRule(text, str(why)) from None
    if isinstance(found, str):
        if slash:
            raise EgressRule(text, "a rule names a host, not an address of a page")
        return None
    if slash and not re.fullmatch("[0-9]{1,3}", length):
        raise EgressRule(text, "the length of a network is a number of bits", "10.0.0.0/8:443")
    try:
        network = ip_network(f"{found}/{length}" if slash else str(found))
    except ValueError:
        raise EgressRule(text, "that is no network: too long, or bits set behind its length", "10.0.0.0/8:443") from None
    shut = closed(network)
    if shut:
        raise EgressRule(text, f"{shut.value} addresses are never reached, whatever the rules say")
    return network


def _name(text: str, host: str) -> str:
    """A name in ASCII (IDNA), as `parse_host` has it."""
    if set(host) & set(_DIFFERENT):
        raise EgressRule(text, "this name has two forms in ASCII; write the xn-- form that you mean")
    try:
        labels = [ToASCII(label).decode("ascii") for label in re.split("[.\u3002\uff0e\uff61]", host.removesuffix("."))]
        name = parse_host(".".join(labels))
    except NotAHost as why:
        raise EgressRule(text, str(why)) from None
    except UnicodeError:
        raise EgressRule(text, "that is no name of a host") from None
    if not isinstance(name, str):
        raise EgressRule(text, "that is an address in disguise; write it as one", f"{name}:{DEFAULT_PORT}")
    return name


def _open_by(network: Network) -> frozenset[Kind]:
    return frozenset({openable(network) or Kind.PUBLIC})


def _shown(network: Network) -> str:
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def blocked(address: Address, opened: frozenset[Kind]) -> Kind | None:
    """The kind because of which an address may not be reached when these kinds are open."""
    return min(kinds(address) - opened, key=lambda kind: kind.name, default=None)
