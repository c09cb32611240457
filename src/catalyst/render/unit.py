"""Units as systemd and podman's quadlet read them: what a value must look like to arrive as it is."""

import re
from collections.abc import Iterable, Mapping

Keys = Iterable[tuple[str, str]]
_BARE = re.compile(r"[A-Za-z0-9_./:=,+@%$-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def literal(text: str) -> str:
    """A value that is taken whole. Raises ValueError for one that would not arrive: what is stripped, or ends the line."""
    if not text or text != text.strip().strip('"') or text.endswith("\\"):
        raise ValueError(f"a unit cannot hold the value {text!r}")
    return _escaped(text)


def word(text: str) -> str:
    """One word of a value that is taken apart (systemd.syntax(7), "Quoting")."""
    bare = _escaped(text)
    return bare if _BARE.fullmatch(text) else '"' + bare.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(text: str) -> str:
    """Per cent signs are specifiers to systemd, dollars variables (systemd.unit(5), "Specifiers"; systemd.service(5),
    "Command lines"). Settings have no control characters, so one here is our mistake: ValueError."""
    if _CONTROL.search(text):
        raise ValueError(f"a unit cannot hold the value {text!r}")
    return text.replace("%", "%%").replace("$", "$$")


def write(sections: Mapping[str, Keys]) -> str:
    """The sections in their order."""
    return "\n".join(f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in keys) for name, keys in sections.items())
