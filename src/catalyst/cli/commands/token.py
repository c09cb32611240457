"""`catalyst token new|list|revoke|link`."""

import argparse
import re
import time

from catalyst.cli import given, output
from catalyst.errors import CatalystError, NotRunning, UsageError, shown
from catalyst.instance import front
from catalyst.instance.store import Store


def token_new(arguments: argparse.Namespace) -> int:
    """Print a new token, which is not shown again."""
    store = Store(given.settings(arguments, quiet=True).data)
    name = _named(arguments.name)
    with front.logins(store) as state:
        secret = state.make_token(name)
    if secret is None:
        raise CatalystError(f"there is a token {shown(name)} already", f"catalyst token revoke {name}")
    print(secret)
    return 0


def token_list(arguments: argparse.Namespace) -> int:
    """Names and when each was made and last used."""
    with front.logins(Store(given.settings(arguments, quiet=True).data)) as state:
        found = state.tokens()
    if arguments.json:
        output.as_json([vars(one) for one in found])
        return 0
    rows = [(one.name, _time(one.created), _time(one.used)) for one in found]
    output.table("bearer tokens", ("name", "made", "last used"), rows)
    return 0


def token_revoke(arguments: argparse.Namespace) -> int:
    """It counts no more; what is open with it ends within seconds."""
    name = _named(arguments.name)
    with front.logins(Store(given.settings(arguments, quiet=True).data)) as state:
        if not state.revoke_token(name):
            raise CatalystError(f"there is no token {shown(name)}", "catalyst token list")
    print(f"revoked {name}")
    return 0


def token_link(arguments: argparse.Namespace) -> int:
    """Print an address that logs in once, for the instance that runs."""
    settings = given.settings(arguments, quiet=True)
    store = Store(settings.data)
    record = store.read()
    if record is None or not store.holder():
        raise NotRunning(settings.data)
    print(front.link(store, record.url))
    return 0


def _named(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise UsageError(f"{shown(name)} cannot be a token's name; letters, digits, dots and dashes can",
                         "catalyst token new my-script")  # fmt: skip
    return name


def _time(moment: float | None) -> str:
    return "never" if moment is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
