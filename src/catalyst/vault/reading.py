"""What a broker needs of the vault: the tokens, over a pipe from the child that opened it, and nothing else.

The broker never holds the identity, the passphrase or pyrage. Whoever starts it starts the child (`child.py`, request
`tokens`) with its stdout on a pipe and gives the broker the other end; the values pass through no third process.
"""

import json
from collections.abc import Iterable
from typing import Any

from catalyst.errors import CatalystError, VaultChildFailed
from catalyst.guard.record import Record
from catalyst.secret import Secret
from catalyst.vault.document import Token
from catalyst.vault.files import read_all


class Place(Record):
    """Where a request goes: what is asked of `allows`. `path` is normalised and without a query."""

    host: str
    port: int
    method: str
    path: str


def written(tokens: Iterable[Token]) -> dict[str, Any]:
    """What `receive` understands, values included: for a pipe to the broker and nowhere else."""
    return {"tokens": [{"name": one.name, "value": one.value.reveal(), "hosts": one.hosts, "methods": one.methods,
                        "paths": one.paths} for one in tokens]}  # fmt: skip


def receive(descriptor: int) -> tuple[Token, ...]:
    """The tokens that the child writes to `descriptor`, until it ends. Raises CatalystError with the child's own words."""
    raw = read_all("the child's answer", descriptor)
    try:
        answer = json.loads(raw)
        if "error" in answer:
            said = CatalystError(str(answer["error"]), str(answer["hint"]))
            said.exit_code = int(answer["exit"])
            raise said
        return tuple(_token(one) for one in answer["tokens"])
    except (ValueError, KeyError, TypeError):  # json's error holds the text it could not read
        raise VaultChildFailed("its answer is cut off") from None


def _token(one: dict[str, object]) -> Token:
    def texts(key: str) -> tuple[str, ...]:
        value = one[key]
        if not isinstance(value, list):
            raise TypeError
        return tuple(str(text) for text in value)

    return Token(str(one["name"]), Secret(str(one["value"])), texts("hosts"), texts("methods"), texts("paths"))


def allows(token: Token, place: Place) -> bool:
    """May `token` go with this request? Exact host and port, listed method, a prefix that ends at a `/` or is the path."""
    wanted = place.host.lower() if place.port == 443 else f"{place.host.lower()}:{place.port}"
    if wanted not in token.hosts or place.method not in token.methods:
        return False
    if not place.path.startswith("/") or {"..", "."} & set(place.path.split("/")) or "%" in place.path or "//" in place.path:
        return False
    return any(place.path == one or place.path.startswith(one.rstrip("/") + "/") for one in token.paths)
