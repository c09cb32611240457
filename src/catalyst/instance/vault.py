"""Opens the vault in a short-lived child, and finds its identity. What `catalyst vault` and a start of the broker share."""

import json
from collections.abc import Mapping
from typing import Any

from catalyst.engine import process
from catalyst.errors import CatalystError, SettingsError, VaultChildFailed
from catalyst.settings import Settings, environment
from catalyst.vault import identity
from catalyst.vault.identity import Prompt, Unlock

SECONDS = 90.0
MOST = 8 << 20  # bytes of an answer
# age's plugins are programs found by PATH; one of the user's own folders could be written by what he runs.
VARIABLES = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def ask(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """One request to the child. Raises CatalystError in the child's words; no value is in them."""
    try:
        code, out = process.ask(process.python("catalyst.vault.child"), json.dumps(request).encode(), timeout=SECONDS,
                                most=MOST, **VARIABLES, **environment("HOME", "XDG_RUNTIME_DIR"))  # fmt: skip
    except process.Expired:
        raise VaultChildFailed(f"no answer within {SECONDS:g} s") from None
    except OSError as error:
        raise VaultChildFailed(str(error.strerror).lower()) from None
    try:
        answer = json.loads(out)
    except ValueError:  # its .doc is the answer
        raise VaultChildFailed(f"it ended with {code}, which without an answer means out of memory or time") from None
    if "error" in answer:
        said = CatalystError(str(answer["error"]), str(answer["hint"]))
        said.exit_code = int(answer["exit"])
        raise said
    return dict(answer)


def start(request: Mapping[str, Any], output: int) -> "process.Process[bytes]":
    """The child, which writes its answer to the descriptor `output`: nobody here reads it. Raises VaultChildFailed."""
    try:
        return process.feed(process.python("catalyst.vault.child"), json.dumps(request).encode(), output,
                            **VARIABLES, **environment("HOME", "XDG_RUNTIME_DIR"))  # fmt: skip
    except OSError as error:
        raise VaultChildFailed(str(error.strerror).lower()) from None


def path(settings: Settings) -> str:
    """Where the vault is."""
    if not settings.security_token_vault_path:
        raise SettingsError("SECURITY_TOKEN_VAULT_PATH names no vault",
                            "export SECURITY_TOKEN_VAULT_PATH=~/.config/catalyst/vault.age")  # fmt: skip
    return settings.security_token_vault_path


def unlock(settings: Settings, prompt: Prompt) -> Unlock:
    """The vault's identity."""
    credentials = environment("CREDENTIALS_DIRECTORY").get("CREDENTIALS_DIRECTORY", "")
    return identity.find(path(settings), settings.vault_identity, credentials, prompt)
