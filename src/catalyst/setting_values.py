"""From text to the value of one setting. Each parser takes the variable's name, for its error, and the text."""

import re
import shlex
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Any

from catalyst import comfyui_flags
from catalyst.errors import PathRefused, SettingsError, shown


class Level(IntEnum):
    """SECURITY_LEVEL, weakest first, so that `<` means weaker."""

    NORMAL = 0
    HIGH = 1
    MAXIMUM = 2


class NetworkMode(IntEnum):
    """NETWORK_MODE, most open first, so that `<` means weaker."""

    PUBLIC = 0
    RESTRICTED = 1
    ISOLATED = 2


Parser = Callable[[str, str], Any]


def boolean(name: str, text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if text.lower() not in words:
        raise SettingsError(f"{name} is {shown(text)}; it must be true or false", f"turn it on with: {name}=true")
    return words[text.lower()]


def one_of(*allowed: str) -> Parser:
    def parse(name: str, text: str) -> str:
        if text not in allowed:
            raise SettingsError(
                f"{name} is {shown(text)}; it must be {_either(allowed)}",
                f"for the default: {name}={allowed[0]} (all values: catalyst policy show)",
            )
        return text

    return parse


def _either(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def level(name: str, text: str) -> Level:
    return Level[str(one_of("normal", "high", "maximum")(name, text)).upper()]


def network(name: str, text: str) -> NetworkMode:
    if text == "paranoid":  # the upstream image's scripts used this word for it
        return NetworkMode.ISOLATED
    return NetworkMode[str(one_of("public", "restricted", "isolated")(name, text)).upper()]


def text(name: str, text: str) -> str:  # noqa: ARG001 -- every parser has one shape
    return text


def image(name: str, text: str) -> str:
    """A name as Docker's reference grammar has it; above all not an option, and no space."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}", text):
        raise SettingsError(f"{name} is {shown(text)}; it must be the name of an image", f"{name}=catalyst-comfyui")
    return text


def runtime(name: str, text: str) -> str:
    """A name that the engine knows, or a path as podman takes it; above all not an option."""
    if text and not re.fullmatch(r"[A-Za-z0-9/][A-Za-z0-9._/-]{0,254}", text):
        raise SettingsError(f"{name} is {shown(text)}; it must be the name of an OCI runtime", f"{name}=runsc")
    return text


def path(name: str, text: str) -> str:
    """An absolute path without resolving links: what a link points to may be told only where it is used."""
    if not text:
        return ""
    try:
        path = str(Path(text).expanduser().absolute())
    except RuntimeError as error:
        raise PathRefused(name, text, str(error).lower(), "write the path in full") from error
    if ":" in path or "," in path:
        # docker, podman and PATH-like variables split there; refusing beats quoting it three ways
        raise PathRefused(name, text, "a path with a colon or a comma cannot be mounted", "rename the folder")
    return path


def identity(name: str, text: str) -> str:
    """A path, or `fd:N`: a descriptor that the caller opened."""
    return text if re.fullmatch(r"fd:[1-9]\d{0,3}", text) else path(name, text)


TRACES = ("input", "output", "user", "cache")  # policy/model.py has them as places; a test holds the two together


def traces(name: str, text: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(text.replace(",", " ").split()))
    for word in words:
        if word not in TRACES:
            raise SettingsError(
                f"{name} names {shown(word)}; it must be of {', '.join(TRACES)}", f"for the pictures: {name}=output"
            )
    return words


def placeholders(name: str, text: str) -> tuple[str, ...]:
    """Names of variables that can only be a token's: none that steers a program."""
    words = tuple(dict.fromkeys(_words(text)))
    for word in words:
        if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,60}_(TOKEN|KEY)", word):
            raise SettingsError(f"{name} has {shown(word)}; it must be a variable that ends in _TOKEN or _KEY",
                                f"{name}=HF_TOKEN")  # fmt: skip
    return words


def integer(low: int, high: int) -> Parser:
    def parse(name: str, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10) or not low <= int(text) <= high:
            raise SettingsError(
                f"{name} is {shown(text)}; it must be a whole number from {low} to {high}", f"{name}={low}"
            )
        return int(text)

    return parse


def user(name: str, text: str) -> tuple[int, int]:
    uid, _, gid = text.partition(":")
    numbers = [part for part in (uid, gid or uid) if part.isascii() and part.isdigit() and len(part) < 10]
    if len(numbers) != 2 or "0" in {number.lstrip("0") or "0" for number in numbers}:
        raise SettingsError(
            f"{name} is {shown(text)}; it must be UID or UID:GID as numbers, and never 0",
            f"for your own: {name}=$(id -u):$(id -g)",
        )
    return int(numbers[0]), int(numbers[1])


def bind(name: str, text: str) -> str:
    """An address, or "auto" as it is."""
    import ipaddress

    if text == "auto":
        return text
    try:
        address = ipaddress.ip_address("127.0.0.1" if text == "localhost" else text)
    except ValueError as error:
        raise SettingsError(
            f"{name} is {shown(text)}; it must be an IP address", f"for this machine only: {name}=127.0.0.1"
        ) from error
    if getattr(address, "scope_id", None):
        raise SettingsError(f"{name} is {shown(text)}; it must have no zone", f"for this machine only: {name}=::1")
    return str(address)


def rules(name: str, text: str) -> tuple[str, ...]:  # noqa: ARG001 -- every parser has one shape
    """Rules of the allow list, between commas or blanks, each in its shortest form."""
    found = []
    for word in _words(text):
        from catalyst.egress import (
            rules as egress,  # only where there is one: it knows addresses, and that is a slow import
        )

        found.append(str(egress.parse(word)))
    return tuple(dict.fromkeys(found))


def hosts(name: str, text: str) -> tuple[str, ...]:
    """Names of this machine, in lower case, each with or without a port; an address needs none."""
    found = tuple(word.lower() for word in _words(text))
    for word in found:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?(:[0-9]{1,5})?", word):
            raise SettingsError(f"{name} has {shown(word)}; it must be a name, with or without a port",
                                f"{name}=comfy.example.net")  # fmt: skip
    return found


def networks(name: str, text: str) -> tuple[str, ...]:
    """Addresses or networks in CIDR form."""
    import ipaddress

    try:
        return tuple(str(ipaddress.ip_network(word)) for word in _words(text))
    except ValueError as error:
        raise SettingsError(f"{name} is {shown(text)}; it must be addresses or networks", f"{name}=127.0.0.1") from error


def hashes(name: str, text: str) -> tuple[str, ...]:
    """sha256 in hexadecimal, in lower case."""
    return _each(name, text.lower(), "[0-9a-f]{64}", "sha256 in hexadecimal, 64 digits", "sha256sum FILE prints one")


def repositories(name: str, text: str) -> tuple[str, ...]:
    """OWNER/REPO, and perhaps a file and a revision, which are looked at when they are fetched."""
    return _each(name, text, r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9]\S*", "repositories of HuggingFace",
                 f"{name}=stabilityai/sdxl-vae")  # fmt: skip


def versions(name: str, text: str) -> tuple[str, ...]:
    """Numbers of versions."""
    return _each(name, text, r"[1-9][0-9]{0,11}", "versions of CivitAI, modelVersionId in a page's address",
                 f"{name}=128713")  # fmt: skip


def _each(name: str, text: str, pattern: str, what: str, hint: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(_words(text)))
    for word in words:
        if not re.fullmatch(pattern, word):
            raise SettingsError(f"{name} has {shown(word)}; it must be {what}", hint)
    return words


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def flags(name: str, text: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise SettingsError(f"{name} is not a list of words: {str(error).lower()}", "close the quote") from error
    return comfyui_flags.check(words)


def text_of(value: object) -> str:
    """A value the way a user writes it."""
    match value:
        case bool():
            return str(value).lower()
        case IntEnum():
            return value.name.lower()
        case tuple():
            return (":" if value and isinstance(value[0], int) else " ").join(str(part) for part in value)
        case _:
            return str(value)
