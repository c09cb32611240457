"""Reach the network. Literal addresses only, connect() only, no payload: nothing is looked up and nothing is sent."""

import socket
from functools import partial

from catalyst.canary.attempt import Answer, Attempt, Context, allowed, denied, first_allowed, met

TIMEOUT = 1.0
METADATA = ("169.254.169.254", 80)  # AWS, Azure, Google and others
NOWHERE = ("192.0.2.1", 80)  # TEST-NET-1, RFC 5737: documentation only, no host has it
HYSTERIA = ("192.0.2.1", 14433)  # I7's proxy port
POOL = ("192.0.2.1", 3333)  # I7's mining pool port
# ssh, Docker without TLS, MySQL, PostgreSQL, Redis, Ollama, Chrome's debugger, Jupyter
NEIGHBOURS = (22, 2375, 3306, 5432, 6379, 11434, 9222, 8888)


def connect(address: tuple[str, int]) -> Answer:
    """TCP. No answer within the time is no refusal either: packets left, so there is a route."""
    where = f"{address[0]}:{address[1]}"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.settimeout(TIMEOUT)
        try:
            line.connect(address)
        except TimeoutError:
            return allowed(f"{where}: no answer and no refusal: a route exists")
        except ConnectionRefusedError as error:
            return allowed(f"{where}: something there answered, so a route exists", error)
        except OSError as error:
            return met(error, where)
    return allowed(f"{where}: connected")


def _tcp(address: tuple[str, int], _: Context) -> Answer:
    return connect(address)


def udp(_: Context) -> Answer:
    """An empty datagram by sendto(2), without connect(2): who supervises connect alone misses it."""
    where = f"{HYSTERIA[0]}:{HYSTERIA[1]}/udp"
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.sendto(b"", HYSTERIA)
    except OSError as error:
        return met(error, where)
    return allowed(f"{where}: the datagram left: a route exists")


def neighbours(_: Context) -> Answer:
    """N10: services that trust whoever comes from this machine."""
    return first_allowed([partial(_neighbour, port) for port in NEIGHBOURS], "nothing to look for")


def _neighbour(port: int) -> Answer:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.settimeout(TIMEOUT / len(NEIGHBOURS))
        try:
            line.connect(("127.0.0.1", port))
        except OSError as error:
            return met(error, f"127.0.0.1:{port}")
    return allowed(f"127.0.0.1:{port} can be talked to")


def interfaces(_: Context) -> Answer:
    """A network namespace of its own has nothing but `lo` (network_namespaces(7))."""
    names = [name for _, name in socket.if_nameindex() if name != "lo"]
    return allowed(f"found {', '.join(names)}") if names else denied("no interface but the loopback")


ATTEMPTS = (
    Attempt("metadata", "network", "take cloud credentials from the metadata address", "I9", partial(_tcp, METADATA)),
    Attempt("internet-tcp", "network", "connect to the internet", "I3, I7", partial(_tcp, NOWHERE)),
    Attempt("pool-port", "network", "connect to a mining pool's port", "I4, I7", partial(_tcp, POOL)),
    Attempt("internet-udp", "network", "send to the internet by UDP", "I7", udp),
    Attempt("local-services", "network", "reach services of this machine (ssh, databases, Docker)", "general",
            neighbours),
    Attempt("interfaces", "network", "see the network cards", "general", interfaces),
)  # fmt: skip
