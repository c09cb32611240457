"""Words that compose files, `docker inspect` and `podman inspect` share: sizes, ports, mounts, security options."""

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from catalyst.audit.facts import Memory, Mount, Port

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:ib?|b)?", re.IGNORECASE)
_UNITS = {"": 0, "b": 0, "k": 10, "m": 20, "g": 30, "t": 40}
_TIME = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def capabilities(given: Iterable[str] | None) -> tuple[str, ...] | None:
    """Names in capitals without CAP_."""
    return None if given is None else tuple(one.strip().upper().removeprefix("CAP_") for one in given)


def security(options: Iterable[str] | None, key: str) -> str | None:
    """The value of seccomp, apparmor or label in a list of security options; "" where it is not there."""
    if options is None:
        return None
    found = [re.split("[=:]", one, maxsplit=1) for one in options]
    values = [pair[1].strip() for pair in found if pair[0].strip() == key and len(pair) == 2]
    return ",".join(values) if key == "label" else values[-1] if values else ""


def no_new_privileges(options: Iterable[str] | None) -> bool | None:
    """Is it asked for? `no-new-privileges`, with =true or :true or alone."""
    if options is None:
        return None
    said = [one for one in options if one.startswith("no-new-privileges")]
    return bool(said) and not said[-1].endswith(("=false", ":false", "=0", ":0"))


def masked(options: Iterable[str] | None) -> bool | None:
    """Are the kernel files that engines hide still hidden?"""
    if options is None:
        return None
    said = [re.split("[=:]", one, maxsplit=1) for one in options]
    return not any(pair[0] == "unmask" or pair == ["systempaths", "unconfined"] for pair in said)


def own(namespace: str | None) -> str | None:
    """Engines say private, shareable or nothing for a namespace of its own."""
    return "" if namespace in {"private", "shareable", "none"} else namespace


def size(text: str) -> int | None:
    """Bytes of `4g`, `512M`, `16Gi`, `1073741824`; None where it is none."""
    found = _SIZE.fullmatch(text.strip())
    return int(float(found[1]) * (1 << _UNITS[found[2].lower()])) if found else None


def number(value: Any) -> int | None:
    """An integer, also as text."""
    try:
        return int(str(value))
    except ValueError:
        return None


def seconds(value: Any) -> float:
    """Of `1m30s`; 0 where nothing is said."""
    return sum(float(count) * _SECONDS[unit] for count, unit in _TIME.findall(str(value or "")))


def shell(text: str) -> list[str] | None:
    """The words of a command line; None where it cannot be split."""
    try:
        return shlex.split(text)
    except ValueError:
        return None


def port(text: str, line: int = 0) -> Port:
    """[ADDRESS:][HOST:]CONTAINER[/PROTOCOL]."""
    bare = text.partition("/")[0]
    if bare.startswith("["):
        address, _, rest = bare[1:].partition("]:")
    else:
        address, _, rest = bare.rpartition(":") if bare.count(":") < 2 else _address(bare)
        if bare.count(":") < 2:
            return Port("", address, rest, line)
    host, _, container = rest.rpartition(":")
    return Port(address, host, container, line)


def _address(bare: str) -> tuple[str, str, str]:
    address, host, container = bare.rsplit(":", 2)
    return address, ":", f"{host}:{container}"


def mount(text: str, line: int = 0) -> Mount | None:
    """SOURCE:TARGET[:OPTIONS]; None for a volume without a name."""
    parts = re.split(r":(?!\\)", text)
    if len(parts) < 2:
        return None
    options = parts[2].split(",") if len(parts) > 2 else []
    spread = [one for one in options if one.lstrip("r") in {"shared", "slave", "private"} or one.endswith("shared")]
    return Mount(parts[0], parts[1], "ro" in options, spread[0] if spread else "", line)


def long_mount(given: Mapping[str, Any], line: int = 0) -> Mount | None:
    """The long form of a volume: type, source, target, read_only, bind.propagation."""
    bind = given.get("bind")
    spread = str(bind.get("propagation", "")) if isinstance(bind, Mapping) else ""
    if given.get("type") == "tmpfs" or not given.get("source"):
        return None
    read_only = given.get("read_only")
    return Mount(str(given["source"]), str(given.get("target", "")), read_only is True or read_only == "true", spread,
                 line)


def memory(text: str, line: int = 0) -> Memory:
    """TARGET[:OPTIONS]."""
    target, _, options = text.partition(":")
    return Memory(target, options, line)
