"""The tokens at start: read from pipes, locked in memory, and what became of them said through another pipe."""

import json
import os
import resource
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from catalyst.errors import BrokerMisconfigured, CatalystError
from catalyst.guard import syscalls
from catalyst.services.broker.decide import Policy
from catalyst.services.broker.tokens.exchange import Injector
from catalyst.vault.document import Token
from catalyst.vault.reading import receive

MOST = 1 << 22


class Given:
    """Made while the broker may still be root, which may lock memory; `injector` is for afterwards."""

    def __init__(self, tokens: Sequence[int], answer: int, roots: int | None, *, xet: bool) -> None:
        self._tokens, self._answer, self._roots, self._xet = tokens, answer, roots, xet
        self._locked = _locked()

    def injector(self, policy: Policy) -> Injector:
        """What uses the tokens. Raises CatalystError, after whoever started us was told."""
        try:
            tokens = tuple(token for descriptor in self._tokens for token in _received(descriptor))
            made = Injector(tokens, roots=self._read_roots(), xet=self._xet)
        except CatalystError as error:
            self._say({"error": str(error), "hint": error.hint, "exit": error.exit_code})
            raise
        self._say({"certificate": made.certificate, "locked": self._locked, "tokens": [
            {"name": one.name, "hosts": one.hosts, "closed": _closed(one, policy)} for one in tokens
        ]})  # fmt: skip
        return made

    def _read_roots(self) -> str:
        if self._roots is None:
            return ""
        with os.fdopen(self._roots, "rb") as file:
            try:
                return file.read(MOST).decode("ascii")
            except UnicodeDecodeError:
                raise BrokerMisconfigured("the further certificates are no PEM") from None

    def _say(self, document: dict[str, Any]) -> None:
        with suppress(OSError), os.fdopen(self._answer, "wb") as answer:
            answer.write(json.dumps(document).encode())


def _received(descriptor: int) -> tuple[Token, ...]:
    try:
        return receive(descriptor)
    finally:
        os.close(descriptor)


def _closed(token: Token, policy: Policy) -> list[str]:
    """Hosts of its that the rules do not let anybody reach."""
    places = [(host.partition(":")[0], int(host.partition(":")[2] or 443)) for host in token.hosts]
    return [host for host, port in places if not policy.host(host, port).allowed]


def _locked() -> bool:
    """Keep all of this process out of swap, where it may lock all that it will ever have: once over a limit, it would get
    no more memory. Root may raise the limit; a user's is a few megabytes, too little for Python."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        syscalls.lock_memory()
        return True
    return False
