"""Vaults for tests: made and opened in this process, with the child's own code."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalyst.errors import CatalystError
from catalyst.secret import Secret
from catalyst.vault import child, identity, vault
from catalyst.vault.identity import Unlock
from catalyst.vault.vault import New

VALUE = "hf_canaryCANARYcanary"


def ask(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the child answers, through JSON as in a pipe."""
    answer: Mapping[str, Any] = json.loads(json.dumps(child.respond(json.loads(json.dumps(request)))))
    return answer


def no_prompt(question: str) -> Secret:
    """For identities without a passphrase."""
    raise CatalystError(f"asked: {question}")


def fresh(folder: Path) -> tuple[str, Unlock]:
    """A new vault in a new closed folder, and what opens it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = str(folder / "vault.age")
    vault.create(path, [], None, ask)
    return path, unlock(path)


def unlock(path: str, named: str = "") -> Unlock:
    """The identity of a vault."""
    return identity.find(path, named, "", no_prompt)


def new(name: str, value: str = VALUE, *hosts: str) -> New:
    """A token."""
    return New(name, Secret(value), hosts)
