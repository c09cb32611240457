"""Tokens in a container that the workload shares: what must hold before one may be there at all.

Everything has one uid. From what the broker has in its memory, from the container's variables in the environment of each
health check and `docker exec`, and from the vault and its identity in a mounted folder the workload is kept by its Landlock
domain, and from the second and third by nothing else. So nothing starts without it (tests/live/test_inside_tokens.py).
"""

import os
from pathlib import Path

from catalyst.container.prepare import SECRETS
from catalyst.errors import PathRefused, Unenforceable, pasted
from catalyst.guard import plan
from catalyst.guard.landlock import SCOPES_SINCE
from catalyst.instance.prepare import Prepared
from catalyst.settings import TOKENS, Settings, environment

CONTROL = "hidden-secrets"
MISPLACED = ("not used here, and every docker exec and health check in this container still has what is in its variables; "
             "give it to front alone, which holds the tokens")  # fmt: skip


def given(settings: Settings) -> bool:
    """Has whoever started the container given it tokens, whether they can be used or not?"""
    return bool(settings.security_token_vault_path) or in_environment()


def in_environment() -> bool:
    """Has it one in its variables, which every `docker exec` and health check gets too?"""
    return any(environment(*TOKENS).values())


def vault_here(settings: Settings) -> list[str]:
    """The name of the setting by which a vault lies in this container's sight, if one does."""
    path = settings.security_token_vault_path
    return ["SECURITY_TOKEN_VAULT_PATH"] if path and os.path.lexists(path) else []


def insist(ready: Prepared) -> None:
    """Raises Unenforceable where the workload could read one, PathRefused where it could open one to others."""
    todo = plan.decode(ready.inner.text)
    if lacking := _lacking(todo, ready.facts.landlock, hides=bool(ready.sandbox.private)):
        raise Unenforceable(CONTROL, "a token in this container", {"guard": lacking})
    for path in _files(ready.settings):
        _insist_on(path, ready.facts.submounts)


def _lacking(todo: plan.Plan, abi: int, *, hides: bool) -> str:
    """Of what the guard will do to the workload, in words; empty where nothing lacks. `hides`: there are files to hide."""
    if not (todo.scoped and todo.file_rules and (todo.file_rules.hidden or not hides)):
        return (f"Landlock keeps programs of one uid apart from ABI {SCOPES_SINCE} on (Linux 6.12), this kernel has {abi}; "
                "start it without tokens, or catalyst up on the host")  # fmt: skip
    if not (todo.no_new_privileges and todo.no_capabilities and todo.filter):
        return "the workload would have capabilities, or no filter of system calls"
    return ""


def _files(settings: Settings) -> list[str]:
    """The vault and what may open it (vault/identity.py)."""
    vault = settings.security_token_vault_path
    named = [vault, f"{vault}.key", f"{vault}.key.age", settings.vault_identity] if vault else []
    return [os.path.realpath(path) for path in named if path.startswith("/") and os.path.lexists(path)]


def _insist_on(path: str, mounted: frozenset[str]) -> None:
    """Landlock hides what is in a file and leaves its mode to its owner, whose uid the workload has: chmod(2) would open it
    to every user of the host. Where engines show secrets there is no such user, and the folder is no part of the host's."""
    folder = str(Path(path).parent)
    if any(folder == one or folder.startswith(f"{one}/") for one in SECRETS):
        return
    if folder not in mounted:
        raise PathRefused("SECURITY_TOKEN_VAULT_PATH", path, "in a container its folder must be one that is mounted, with "
                          "nothing else in it", f"--volume FOLDER:{pasted(folder)}:ro")  # fmt: skip
    if not os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise PathRefused("SECURITY_TOKEN_VAULT_PATH", path, "its folder can be written: the workload has your uid in here, "
                          "and could open it to others", f"--volume FOLDER:{pasted(folder)}:ro")  # fmt: skip
