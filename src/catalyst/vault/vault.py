"""The vault, as `catalyst vault` uses it: read, ask the child, write. Values go to the child and never come back."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from catalyst.errors import VaultInTheWay
from catalyst.guard.record import Record
from catalyst.secret import Secret
from catalyst.vault.document import checked_name
from catalyst.vault.files import Folder
from catalyst.vault.identity import Unlock, mounted
from catalyst.vault.names import SETTING
from catalyst.vault.used import last_used

Ask = Callable[[Mapping[str, Any]], Mapping[str, Any]]  # one request to the child, and its answer


class Entry(Record):
    """A token as it may be shown."""

    name: str
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    fingerprint: str
    created: str
    used: str = ""


class Contents(Record):
    """A vault as it may be shown."""

    generation: int
    recipients: tuple[str, ...]
    entries: tuple[Entry, ...]


class New(Record):
    """A token to put in. With `keep`, hosts and paths that are not given stay as they were."""

    name: str
    value: Secret
    hosts: tuple[str, ...]
    paths: tuple[str, ...] = ()
    keep: bool = True


def create(path: str, recipients: Sequence[str], passphrase: Secret | None, ask: Ask) -> tuple[Contents, str]:
    """A new vault, and the path of the new identity; empty when it is for `recipients`. Never replaces a file."""
    with Folder(path) as folder, folder.locked():
        key = f"{folder.name}.key.age" if passphrase else f"{folder.name}.key"
        for name in (folder.name, *(() if recipients else (f"{folder.name}.key", f"{folder.name}.key.age"))):
            if folder.exists(name):
                raise VaultInTheWay(folder.full(name))
        answer = ask({"do": "create", "recipients": list(recipients), "passphrase": _text(passphrase)})
        if not recipients:  # the identity first: a vault that nothing opens is worse than an identity of nothing
            folder.make(key, base64.b64decode(answer["identity"]))
        folder.make(folder.name, base64.b64decode(answer["vault"]))
        return _contents(answer, {}), "" if recipients else folder.full(key)


def contents(path: str, unlock: Unlock, ask: Ask) -> Contents:
    """What is in it, without values."""
    with Folder(path) as folder:
        answer = ask(listing(folder.read(folder.name), unlock))
        return _contents(answer, last_used(folder))


def put(path: str, unlock: Unlock, tokens: Sequence[New], ask: Ask) -> Contents:
    """Add or replace tokens."""
    listed = [{"name": checked_name(one.name), "value": one.value.reveal(), "hosts": list(one.hosts),
               "paths": list(one.paths), "keep": one.keep} for one in tokens]  # fmt: skip
    return _write(path, unlock, {"do": "set", "tokens": listed, "now": now()}, ask)


def remove(path: str, unlock: Unlock, name: str, ask: Ask) -> Contents:
    """Take a token out. It stays in the previous generation, NAME.bak, until the next write."""
    return _write(path, unlock, {"do": "remove", "name": name}, ask)


def recipients(path: str, unlock: Unlock, add: Sequence[str], gone: Sequence[str], ask: Ask) -> Contents:
    """Encrypt to others."""
    return _write(path, unlock, {"do": "recipients", "add": list(add), "remove": list(gone)}, ask)


def rotate(path: str, unlock: Unlock, ask: Ask) -> tuple[Contents, str]:
    """A new identity in the place of the vault's own, in three steps: at each moment the identity file opens the vault.

    1. encrypt to the old and the new one; 2. exchange the identity file; 3. encrypt to the new one alone.
    """
    with Folder(path) as folder, folder.locked():
        key = unlock.own_file(folder)
        before = folder.read(folder.name)
        made = ask({"do": "keygen", **_opening(before, unlock)})
        answer = _both(folder, before, unlock, {"do": "recipients", "add": [made["recipient"]], "remove": []}, ask)
        fresh = base64.b64decode(made["identity"])
        folder.replace(key, fresh, folder.read(key))
        newer = Unlock(fresh, unlock.passphrase, folder.full(key))
        both = base64.b64decode(answer["vault"])
        answer = _both(folder, both, newer, {"do": "recipients", "add": [], "remove": made["old"]}, ask)
        return _contents(answer, last_used(folder)), folder.full(key)


def opening(path: str, unlock: Unlock) -> dict[str, Any]:
    """The request that makes the child write the tokens (`reading.py`). A vault may be a secret of the engine's."""
    secret = mounted(SETTING, path)
    if secret is not None:
        return {"do": "tokens", **_opening(secret, unlock)}
    with Folder(path) as folder:
        return {"do": "tokens", **_opening(folder.read(folder.name), unlock)}


def now() -> str:
    """This second, as the document writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _write(path: str, unlock: Unlock, request: Mapping[str, Any], ask: Ask) -> Contents:
    with Folder(path) as folder, folder.locked():
        return _contents(_both(folder, folder.read(folder.name), unlock, request, ask), last_used(folder))


def _both(folder: Folder, before: bytes, unlock: Unlock, request: Mapping[str, Any], ask: Ask) -> Mapping[str, Any]:
    answer = ask({**request, **_opening(before, unlock)})
    folder.replace(folder.name, base64.b64decode(answer["vault"]), before)
    return answer


def listing(vault: bytes, unlock: Unlock) -> dict[str, Any]:
    """The request for what is in these bytes, without values."""
    return {"do": "list", **_opening(vault, unlock)}


def _opening(vault: bytes, unlock: Unlock) -> dict[str, Any]:
    return {"vault": _packed(vault), "identity": _packed(unlock.identity), "passphrase": _text(unlock.passphrase)}


def _packed(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _text(passphrase: Secret | None) -> str:
    return passphrase.reveal() if passphrase else ""


def _contents(answer: Mapping[str, Any], used: Mapping[str, str]) -> Contents:
    summary = answer["summary"]
    entries = tuple(Entry(one["name"], tuple(one["hosts"]), tuple(one["paths"]), one["fingerprint"], one["created"],
                          used.get(one["name"], "")) for one in summary["tokens"])  # fmt: skip
    return Contents(summary["generation"], tuple(summary["recipients"]), entries)
