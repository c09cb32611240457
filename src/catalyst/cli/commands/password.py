"""`catalyst password`."""

import argparse
import getpass
import sys

from catalyst.cli import given
from catalyst.errors import UsageError
from catalyst.instance import front
from catalyst.instance.store import Store


def password(arguments: argparse.Namespace) -> int:
    """Set it, from the terminal or from standard input; every session ends. Or print its hash, and set nothing."""
    if arguments.print_hash:
        if arguments.remove:
            raise UsageError("a password that is removed has no hash", "catalyst password --print-hash")
        from catalyst.container import password_hash

        print(password_hash.form(_hashed()))
        return 0
    store = Store(given.settings(arguments, quiet=True).data)
    hashed = "" if arguments.remove else _hashed()
    with front.logins(store) as state:
        state.set_password(hashed)
    print("removed; all sessions have ended" if arguments.remove else "set; all sessions have ended")
    return 0


def _hashed() -> str:
    from catalyst.services.gateway import passwords

    said = _asked() if sys.stdin.isatty() else sys.stdin.readline(2 * passwords.MOST).rstrip("\n")
    if not passwords.LEAST <= len(said) <= passwords.MOST:
        raise UsageError(f"the password has {len(said)} characters; it must have {passwords.LEAST} to {passwords.MOST}",
                         "catalyst password")  # fmt: skip
    return passwords.hashed(said)


def _asked() -> str:
    said = getpass.getpass("new password: ")
    if getpass.getpass("once more: ") != said:
        raise UsageError("the two passwords differ", "catalyst password")
    return said
