"""Units as systemd and podman's quadlet read them: what a value must look like to arrive as it is."""

from collections.abc import Iterable, Mapping

Keys = Iterable[tuple[str, str]]
_QUOTED = frozenset(" \t'\"\\;")


def literal(text: str) -> str:
    """A value that is taken whole. Per cent signs are specifiers to systemd, dollars variables (systemd.unit(5), "Specifiers";
    systemd.service(5), "Command lines"). Raises ValueError for one that no unit can hold: a line end, or what is stripped."""
    if not text.isprintable() or text != text.strip().strip('"') or text.endswith("\\"):
        raise ValueError(f"a unit cannot hold the value {text!r}")
    return text.replace("%", "%%").replace("$", "$$")


def word(text: str) -> str:
    """One word of a value that is taken apart (systemd.syntax(7), "Quoting"). Raises ValueError as `literal` does."""
    if not text.isprintable():
        raise ValueError(f"a unit cannot hold the value {text!r}")
    escaped = text.replace("%", "%%").replace("$", "$$")
    if text and not _QUOTED & set(text):
        return escaped
    return '"' + escaped.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write(sections: Mapping[str, Keys]) -> str:
    """The sections in their order."""
    return "\n".join(f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in keys) for name, keys in sections.items())
