"""Do what a request says, a few things at a time, and say what became of each: one JSON document a line.

A request: `act` (resolve or download), `sites` by name, `seconds` it may take, and `items`. An item without a line
that has `error`, `files` or `sha256` was not finished. It lies where a workload may write that runs meanwhile, which would
have a way out by it, with tokens: so its HMAC stands below it, by a key of our environment (RFC 2104, with SHA-256).
"""

import hmac
import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from catalyst.fetcher import part, sites
from catalyst.fetcher.failed import Failed

AT_ONCE = 4
EVERY = 0.25  # s between two words on one item's progress
KEY = "CATALYST_REQUEST_KEY"
_voice = threading.Lock()


def main(argv: Sequence[str]) -> int:
    """`argv` is the path of a request; downloads go into the folder it lies in."""
    with open(argv[0], "rb") as file:
        text, _, said = file.read().partition(b"\n")
    if not hmac.compare_digest(said, seal(os.environ.pop(KEY), text)):
        print("the request was exchanged for another one", flush=True)
        return 1
    request = json.loads(text)
    until = time.monotonic() + request["seconds"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for item in request["items"]:
            pool.submit(_one, request, item, os.path.dirname(argv[0]) or ".", until)
    return 0


def seal(key: str, text: bytes) -> bytes:
    """What stands below a request."""
    return hmac.new(key.encode(), text, "sha256").hexdigest().encode()


def _one(request: Mapping[str, Any], item: Mapping[str, Any], folder: str, until: float) -> None:
    """Whatever goes wrong with one item goes wrong with it alone."""
    try:
        part.in_time(until)
        if request["act"] == "resolve":
            _say(key=item["key"], files=list(sites.resolve(request["sites"], item)))
            return
        size, sha256 = part.download(folder, request["sites"][item["site"]], item, _Progress(item["id"]).tell, until)
        _say(key=item["id"], size=size, sha256=sha256)
    except Failed as failed:
        _say(key=item.get("key", item.get("id")), error=str(failed), hint=failed.hint, login=failed.login)
    except Exception as error:  # what a server made of us must not stop the other items
        _say(key=item.get("key", item.get("id")), error=f"the downloader failed: {type(error).__name__}: {error}", hint="")


class _Progress:
    """Speaks of one item, not too often."""

    def __init__(self, key: str) -> None:
        self._key, self._last = key, 0.0

    def tell(self, have: int) -> None:
        """So many bytes are there."""
        now = time.monotonic()
        if now - self._last >= EVERY:
            self._last = now
            _say(key=self._key, at=have)


def _say(**document: Any) -> None:
    with _voice:
        sys.stdout.write(json.dumps(document) + "\n")
        sys.stdout.flush()
