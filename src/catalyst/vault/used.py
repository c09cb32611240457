"""When each token was last used: a small file beside the vault, because writing the vault needs its identity."""

import json
from collections.abc import Iterable

from catalyst.errors import VaultMissing
from catalyst.vault.document import checked_name
from catalyst.vault.files import Folder


def last_used(folder: Folder) -> dict[str, str]:
    """Token name -> time. Names and times are no secrets; a file that is not understood counts for nothing."""
    try:
        found = json.loads(folder.read(_name(folder)))
    except (VaultMissing, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): str(when) for name, when in found.items() if isinstance(when, str) and when.isprintable()}


def mark_used(path: str, names: Iterable[str], when: str) -> None:
    """Note that tokens of the vault at `path` were used at `when` (`vault.now()`)."""
    with Folder(path) as folder, folder.locked():
        known = last_used(folder) | {checked_name(name): when for name in names}
        folder.put(_name(folder), json.dumps(known, indent=1, sort_keys=True).encode() + b"\n")


def _name(folder: Folder) -> str:
    return f"{folder.name}.used"
