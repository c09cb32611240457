"""A host that gives a token back, because it reflects requests or keeps them: its answer is searched and cut.

A second net. The first is that a token goes to the hosts its owner named and nowhere else: a host that wants to can give it
away in a form that no search knows, or in pieces.
"""

import base64
import html
import json
from collections.abc import Iterable
from urllib.parse import quote


class Echoed(Exception):
    """The token stands in what a host answered."""


class Watch:
    """Lets bytes through that hold none of these, not even across two pieces."""

    def __init__(self, known: Iterable[bytes]) -> None:
        self._forms = tuple(known)
        self._most = max(map(len, self._forms), default=1) - 1
        self._held = b""

    def look(self, data: bytes) -> None:
        """At something whole. Raises Echoed."""
        if any(form in data for form in self._forms):
            raise Echoed

    def through(self, data: bytes) -> bytes:
        """What may go on of a stream by now. Raises Echoed."""
        data = self._held + data
        self.look(data)
        cut = max(0, len(data) - self._most)
        self._held = data[cut:]
        return data[:cut]

    def rest(self) -> bytes:
        """What is left when the stream has ended; it was looked at."""
        data, self._held = self._held, b""
        return data


def forms(value: str) -> set[bytes]:
    """The ways programs write a text: as it is, percent-encoded, in base64 at any offset, hex, JSON, HTML, UTF-16."""
    raw = value.encode("ascii")
    special = "".join(one if one.isalnum() else f"%{ord(one):02X}" for one in value)
    texts = {
        value, value.lower(), value.upper(), value[::-1], quote(value, safe=""), quote(value, safe="").lower(), special,
        special.replace("%", "%25"), json.dumps(value)[1:-1], value.replace("/", "\\/"), html.escape(value),
        raw.hex(), raw.hex().upper(), raw.hex(" "), raw.hex(":"),
        "".join(f"%{one:02X}" for one in raw), "".join(f"%{one:02x}" for one in raw),
        "".join(f"\\u{one:04x}" for one in raw), "".join(f"\\x{one:02x}" for one in raw),
        "".join(f"&#{one};" for one in raw),
    }  # fmt: skip
    return {text.encode("ascii") for text in texts} | _base64(raw) | {b"\0".join(raw[at : at + 1] for at in range(len(raw)))}


def _base64(raw: bytes) -> set[bytes]:
    """The digits that depend on the value alone, wherever in a text it begins: offsets 0, 1 and 2 (RFC 4648)."""
    found = set()
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            digits = encode(bytes(offset) + raw)
            first = -(-offset * 8 // 6)
            found.add(digits[first : (offset + len(raw)) * 8 // 6])
    return found
