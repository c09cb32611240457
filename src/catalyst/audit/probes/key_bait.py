"""Keyrings have no namespace. Beside the filter, the guard and runc join a new session keyring."""

import errno

from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import ENGINES, EVERYONE, Answer, Context, Probe, allowed, denied, met, unknown


def act(context: Context) -> Answer:
    """Asked for by name; its content is not read."""
    bait = context.bait.get("key")
    if not bait:
        return unknown("no bait was laid")
    try:
        call("request_key", b"user\0", bait.encode() + b"\0", None, 0)
    except OSError as error:
        # another keyring: the kernel answered, and has no such key
        return denied("no such key in reach") if error.errno == errno.ENOKEY else met(error, "request_key()")
    return allowed("the key was found")


PROBE = Probe(
    id="key-bait",
    theme="kernel",
    title="take a key from the user's keyring",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    kept_by=dict.fromkeys(ENGINES, "a new session keyring, which the guard and runc make whatever they are told"),
    act=act,
)
