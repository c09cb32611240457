"""The hash of a password in a variable, where a container can be given nothing else: rented pods mount no secret.

A variable is inherited by everything that is started in the container, so it holds no password, and it is taken out of the
environment at once. The hash is believed to be one of ours and nothing more: what a login will cost is in it.
"""

import base64
import binascii
import os
import re

from catalyst.errors import PasswordHashRefused
from catalyst.instance import front
from catalyst.instance.store import Store
from catalyst.secret import Secret
from catalyst.services.gateway import passwords
from catalyst.settings import PASSWORD_HASH, take_variables

LONGEST = 512  # characters, in either form
PIPE = 4 * LONGEST + 4  # bytes: enough to tell that it is too long
AT_MOST = 4  # times our own memory and passes: a login takes 16 times as long at worst
FORM = re.compile(r"\$argon2id\$v=19\$m=([0-9]{1,7}),t=([0-9]{1,3}),p=([0-9]{1,2})"
                  r"\$[A-Za-z0-9+/]{22,86}\$[A-Za-z0-9+/]{43,86}")  # fmt: skip -- salt of 16 bytes and sum of 32 at least


def given() -> Secret | None:
    """The variable, which is gone from our environment then. Raises OSError where its memory cannot be found."""
    return take_variables(PASSWORD_HASH).get(PASSWORD_HASH)


def handed_over(said: Secret) -> int:
    """A descriptor that it comes through, for the process that has the gateway."""
    read, write = os.pipe2(os.O_CLOEXEC)
    os.write(write, said.reveal().encode()[:PIPE])  # a pipe holds it, so nobody has to read yet
    os.close(write)
    return read


def received(descriptor: int) -> Secret:
    """What was handed over; the descriptor is closed."""
    with os.fdopen(descriptor, "rb") as stream:
        return Secret(stream.read(PIPE).decode("utf-8", "replace"))


def take(store: Store, said: Secret) -> None:
    """It is the password from now on; sessions end where it was another. Raises PasswordHashRefused, which shows none of it,
    and LoginStateUnusable."""
    hashed = _checked(said.reveal())
    with front.logins(store) as state:
        if state.password() != hashed:
            state.set_password(hashed)


def form(hashed: str) -> str:
    """As it is printed: without the dollars, commas and equal signs that shells, compose and templates take for theirs."""
    return base64.urlsafe_b64encode(hashed.encode("ascii")).decode("ascii").rstrip("=")


def _checked(text: str) -> str:
    """The hash as argon2 writes it, from either form."""
    if len(text) > LONGEST:
        raise PasswordHashRefused(f"has {len(text)} characters; the limit is {LONGEST}")
    hashed = text if text.startswith("$") else _plain(text)
    found = FORM.fullmatch(hashed)
    if not found:
        raise PasswordHashRefused("is no hash of argon2id")
    memory, passes, lanes = (int(found[number]) for number in (1, 2, 3))
    ours = passwords.COST
    for what, value, least in (("memory", memory, ours.memory), ("passes", passes, ours.passes)):
        if not least <= value <= AT_MOST * least:
            raise PasswordHashRefused(f"has {value} for its {what}; it must have {least} to {AT_MOST * least}")
    if not 1 <= lanes <= AT_MOST * ours.lanes:
        raise PasswordHashRefused(f"has {lanes} lanes; it must have 1 to {AT_MOST * ours.lanes}")
    if not passwords.readable(hashed):
        raise PasswordHashRefused("is no hash of argon2id")
    return hashed


def _plain(text: str) -> str:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
