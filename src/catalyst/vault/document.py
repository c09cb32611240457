"""What is inside the vault: a JSON document, version 1. No error here holds a value of it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from catalyst.errors import TokenRefused, VaultDamaged
from catalyst.guard.record import Record, replace
from catalyst.secret import Secret

VERSION = 1
METHODS = ("GET", "HEAD")
MAX_TOKENS, MAX_VALUE, MAX_LIST = 256, 4096, 64
# The names thieves and programs look for, and the host each token is for (knowledge: vault.md §6, §7).
KNOWN = {
    "HUGGINGFACE_TOKEN": ("huggingface.co",), "HF_TOKEN": ("huggingface.co",),
    "CIVITAI_TOKEN": ("civitai.com",), "CIVITAI_API_KEY": ("civitai.com",),
}  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TOKEN = re.compile(r"hf_[A-Za-z0-9]{16}|gh[pousr]_[A-Za-z0-9]{16}|sk-[A-Za-z0-9]{16}|[0-9a-f]{32}")
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"(?=.{{1,253}}(?::|$))(?:{_LABEL}\.)*(?!\d+(?::|$)){_LABEL}(?::[1-9]\d{{0,4}})?")
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@/-]{0,255}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Token(Record):
    """One token and what it may be used for. `hosts` are exact, `host` (port 443) or `host:port`; none means: for nobody.

    `paths` are prefixes of a request's path, which must be normalised before it is compared.
    """

    name: str
    value: Secret
    hosts: tuple[str, ...]
    methods: tuple[str, ...] = METHODS
    paths: tuple[str, ...] = ("/",)
    created: str = ""


class Document(Record):
    """The whole vault. `recipients` is who it is encrypted to, because an age file does not say so."""

    generation: int
    recipients: tuple[str, ...]
    tokens: tuple[Token, ...] = ()

    def token(self, name: str) -> Token | None:
        """The token of that name."""
        return next((one for one in self.tokens if one.name == name), None)


def token(name: str, value: str, hosts: tuple[str, ...], paths: tuple[str, ...], created: str) -> Token:
    """A token from what a user typed. Raises TokenRefused."""
    one = Token(checked_name(name), Secret(value), tuple(h.lower().removesuffix(":443") for h in hosts), METHODS,
                paths or ("/",), created)  # fmt: skip
    why = _wrong(one)
    if why:
        raise TokenRefused(f"token {one.name}: {why}", "see what is allowed: catalyst vault set --help")
    return one


def checked_name(name: str) -> str:
    """`name`, if it can be one. A token pasted in its place is not printed."""
    if _TOKEN.match(name):
        raise TokenRefused("that is a token and no name, and the shell's history has it now",
                           "revoke it where you got it; then: catalyst vault set HF_TOKEN --stdin")  # fmt: skip
    if not _NAME.fullmatch(name):
        raise TokenRefused("a token's name is 1 to 64 letters, digits, dots, dashes and underscores",
                           "for example: catalyst vault set HF_TOKEN --host huggingface.co")  # fmt: skip
    return name


def with_token(document: Document, new: Token) -> Document:
    """The document with a token added or replaced; its first creation time stays only while its value does."""
    old = document.token(new.name)
    if old and old.value == new.value:
        new = replace(new, created=old.created)
    kept = tuple(one for one in document.tokens if one.name != new.name)
    if len(kept) >= MAX_TOKENS:
        raise TokenRefused(f"a vault holds at most {MAX_TOKENS} tokens", "take one out: catalyst vault rm NAME")
    return replace(document, tokens=tuple(sorted((*kept, new), key=lambda one: one.name)))


def without_token(document: Document, name: str) -> Document:
    """The document without a token. Raises TokenRefused when there is none of that name."""
    if document.token(checked_name(name)) is None:
        raise TokenRefused(f"the vault has no token {name}", "see what it has: catalyst vault list")
    return replace(document, tokens=tuple(one for one in document.tokens if one.name != name))


def encode(document: Document) -> bytes:
    """The plaintext of the vault."""
    tokens = {one.name: {"value": one.value.reveal(), "hosts": one.hosts, "methods": one.methods, "paths": one.paths,
                         "created": one.created} for one in document.tokens}  # fmt: skip
    head = {"version": VERSION, "generation": document.generation, "recipients": document.recipients}
    return json.dumps({**head, "tokens": tokens}, indent=1).encode() + b"\n"


def decode(raw: bytes) -> Document:
    """The document in `raw`. Raises VaultDamaged; unknown and repeated keys are refused."""
    try:
        whole = json.loads(raw, object_pairs_hook=_once)
    except (ValueError, RecursionError):  # its message and its .doc hold the plaintext
        raise VaultDamaged("it is not JSON") from None
    fields = _fields("the document", whole, {"version": int, "generation": int, "recipients": list, "tokens": dict})
    if fields["version"] != VERSION:
        raise VaultDamaged("it is of another version; this Catalyst knows version 1")
    if fields["generation"] < 1 or len(fields["tokens"]) > MAX_TOKENS:
        raise VaultDamaged("generation or the number of tokens is out of range")
    tokens = tuple(_token(number, name, one) for number, (name, one) in enumerate(fields["tokens"].items(), 1))
    return Document(fields["generation"], _texts("recipients", fields["recipients"]), tokens)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError
    return dict(pairs)


def _fields(where: str, value: object, kinds: Mapping[str, type]) -> dict[str, Any]:
    if not isinstance(value, dict) or value.keys() != kinds.keys():
        raise VaultDamaged(f"{where} must have exactly {', '.join(kinds)}")
    for name, kind in kinds.items():
        if type(value[name]) is not kind:
            raise VaultDamaged(f"{where} has a {name} of the wrong type")
    return value


def _texts(where: str, value: list[object]) -> tuple[str, ...]:
    if len(value) > MAX_LIST or not all(isinstance(one, str) and one.isprintable() for one in value):
        raise VaultDamaged(f"{where} is no short list of texts")
    return tuple(str(one) for one in value)


def _token(number: int, name: str, value: object) -> Token:
    where = f"token number {number}"
    kinds = {"value": str, "hosts": list, "methods": list, "paths": list, "created": str}
    fields = _fields(where, value, kinds)
    lists = {key: _texts(f"{where}, {key}", fields[key]) for key in ("hosts", "methods", "paths")}
    one = Token(name, Secret(fields["value"]), created=fields["created"], **lists)
    why = "its name" if not _NAME.fullmatch(name) else _wrong(one)
    if why:
        raise VaultDamaged(f"{where}: {why}")
    return one


def _wrong(one: Token) -> str:
    """Why a token cannot be kept, without its value; empty if it can."""
    value = one.value.reveal()
    if not 8 <= len(value) <= MAX_VALUE or not all("!" <= letter <= "~" for letter in value):
        return f"its value must be 8 to {MAX_VALUE} visible ASCII characters: it becomes part of a header"
    if len(one.hosts) > MAX_LIST or not all(_HOST.fullmatch(host) for host in one.hosts):
        return "a host is an exact lower-case name, with :PORT if it is not 443; no wildcard, no address"
    if not one.methods or not set(one.methods) <= set(METHODS):
        return "methods are GET and HEAD"
    if not 0 < len(one.paths) <= MAX_LIST or not all(_safe_path(path) for path in one.paths):
        return "a path prefix begins with / and has no .., no //, no % and no ?"
    return "" if not one.created or _TIME.fullmatch(one.created) else "created is no time"


def _safe_path(path: str) -> bool:
    return bool(_PATH.fullmatch(path)) and "//" not in path and not {"..", "."} & set(path.split("/"))
