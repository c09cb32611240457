"""Talking to a running broker, for the command line: list, allow, deny, watch over the path of its control socket."""

import json
import socket
from collections.abc import Iterator
from typing import Any

from catalyst.errors import BrokerRefused, BrokerSilent

SECONDS = 5.0
_LONGEST = 4 << 20


def listed(path: str) -> dict[str, Any]:
    """`reach`, `private`, `rules`, `open` connections, and the last `refused` ones with the rule that would allow each."""
    return _ask(path, {"do": "list"})


def allow(path: str, rule: str) -> dict[str, Any]:
    """A rule more, in force at once. Raises BrokerRefused, BrokerSilent."""
    return _ask(path, {"do": "allow", "rule": rule})


def deny(path: str, rule: str) -> dict[str, Any]:
    """A rule less; `ended` connections that only it allowed. Raises BrokerRefused, BrokerSilent."""
    return _ask(path, {"do": "deny", "rule": rule})


def watch(path: str) -> Iterator[dict[str, Any]]:
    """Every decision from now on, `event` open or end, until the broker ends. Raises BrokerSilent."""
    with _connected(path) as peer, peer.makefile("rb") as lines:
        _answer(peer, {"do": "watch"}, lines.readline)
        peer.settimeout(None)
        for line in lines:
            yield json.loads(line)


def _ask(path: str, request: dict[str, str]) -> dict[str, Any]:
    with _connected(path) as peer, peer.makefile("rb") as lines:
        return _answer(peer, request, lines.readline)


def _connected(path: str) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    peer.settimeout(SECONDS)
    try:
        peer.connect(path)
    except OSError as error:
        peer.close()
        raise BrokerSilent(error.strerror or str(error)) from None
    return peer


def _answer(peer: socket.socket, request: dict[str, str], readline: Any) -> dict[str, Any]:
    try:
        peer.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(readline(_LONGEST))
    except OSError as error:
        raise BrokerSilent(error.strerror or str(error)) from None
    except ValueError:
        raise BrokerSilent("it closed the connection") from None
    if not isinstance(answer, dict):
        raise BrokerSilent("it answered something else")
    if not answer.get("ok"):
        raise BrokerRefused(str(answer.get("error")), str(answer.get("hint")))
    return answer
