"""What one wiping did to one root. Counted, because a tree may have a million files; exceptions are named."""

from typing import Any

NAMED = 200  # exceptions that are named; of more only the number is kept


class Outcome:
    """Files overwritten and removed, folders removed, and by path what was only unlinked or is still there."""

    def __init__(self) -> None:
        self.files = self.bytes = self.folders = self.unlinked = self.left = 0
        self.erased = 0  # removed after the only key to them had been destroyed
        self.weak = 0  # unlinked without being overwritten although it should have been
        self.exceptions: list[dict[str, str]] = []

    @property
    def complete(self) -> bool:
        """Everything that could be overwritten was, and nothing is left."""
        return not (self.left or self.weak)

    def overwrote(self, count: int) -> None:
        """A file of `count` bytes of data is gone."""
        self.files += 1
        self.bytes += count

    def unlinked_only(self, path: bytes, why: str, *, failed: bool) -> None:
        """Removed, and what it held was not touched."""
        self.unlinked += 1
        self.weak += failed
        self._name(path, "unlinked only", why)

    def leave(self, path: bytes, why: str) -> None:
        """Still there."""
        self.left += 1
        self._name(path, "not wiped", why)

    def _name(self, path: bytes, done: str, why: str) -> None:
        if len(self.exceptions) < NAMED:
            text = path[-4096:].lstrip(b"/").decode("utf-8", "backslashreplace")
            self.exceptions.append({"path": text or ".", "done": done, "why": why})

    def facts(self) -> dict[str, Any]:
        """For the certificate. `left_out` counts exceptions that are not named."""
        return {
            "overwritten": self.files, "bytes": self.bytes, "folders": self.folders, "unlinked_only": self.unlinked,
            "key_destroyed": self.erased, "not_wiped": self.left, "complete": self.complete, "exceptions": self.exceptions,
            "left_out": self.unlinked + self.left - len(self.exceptions),
        }  # fmt: skip
