"""Text that is used and never shown."""

import hashlib
import hmac


class Secret:
    """Holds a token or a passphrase. No way to print, format, copy into a pickle or compare it shows it; `reveal()` does.

    It keeps a value out of logs, exceptions and reprs. It does not keep it out of memory: Python copies and never zeroes.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def fingerprint(self) -> str:
        """The first 8 hex digits of its SHA-256: enough to tell two tokens apart, too little to find one."""
        return hashlib.sha256(self._text.encode()).hexdigest()[:8]

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "Secret(…)"

    def __format__(self, specification: str) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is not written down")
