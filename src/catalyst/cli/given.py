"""From parsed arguments to settings."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from catalyst.cli import output
from catalyst.errors import CatalystError
from catalyst.secret import Secret
from catalyst.settings import FIELDS, NetworkMode, Settings, load, take_tokens

if TYPE_CHECKING:
    from catalyst.instance.tokens import Tokens


def settings(arguments: argparse.Namespace, *, quiet: bool = False) -> Settings:
    """The settings of this command line; notices are printed unless `quiet`."""
    options = {field.key: getattr(arguments, field.key, None) for field in FIELDS}
    named = getattr(arguments, "config", None)
    config = None if named is None else Path(named)
    found = load({key: text for key, text in options.items() if text is not None}, config=config)
    for text in () if quiet else found.notices:
        output.notice(text)
    return found


def tokens(arguments: argparse.Namespace, settings: Settings, *, fetches: bool = False) -> "Tokens | None":
    """The tokens of the environment, which are gone from there, and those of the vault; None where there are none, and in
    `isolated`, unless models are fetched.

    A passphrase is asked for now. Raises CatalystError where the vault has none to open it.
    """
    taken, pipes, lent = take_tokens(), getattr(arguments, "tokens_fd", []), getattr(arguments, "fetch_tokens_fd", [])
    unused = settings.network_mode is NetworkMode.ISOLATED and not fetches
    if taken:
        use = "in isolated mode nothing uses them" if unused else "the broker uses them; the sandbox gets none of them"
        output.notice(f"{', '.join(taken)} of the environment: {use}")
        output.notice("a vault keeps them out of every program's environment: catalyst vault import --environment")
    if not (taken or pipes or lent or settings.security_token_vault_path) or unused:
        return None
    from catalyst.cli import secrets
    from catalyst.instance.tokens import Tokens

    number = getattr(arguments, "passphrase_fd", None)
    instead = secrets.BY_DESCRIPTOR if hasattr(arguments, "passphrase_fd") else secrets.IN_A_CONTAINER

    def prompt(question: str) -> Secret:
        return secrets.prompt(question, instead) if number is None else secrets.from_descriptor(number)

    return Tokens(settings, taken, prompt, pipes, lent)


def tokens_of_start(arguments: argparse.Namespace, settings: Settings) -> "Tokens | None":
    """Those of a workload's start. In `isolated` only its models need them, and what cannot be had of those stops none."""
    from catalyst.instance import wanted

    fetches = bool(wanted.standing(settings))
    try:
        return tokens(arguments, settings, fetches=fetches)
    except CatalystError as error:
        if settings.network_mode is not NetworkMode.ISOLATED:
            raise
        output.notice(f"models are fetched without tokens: {error}")
        return None
