"""A program that is told of success where there was none misbehaves, set-uid programs of old among them."""

import struct

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.native import address, block_of, call
from catalyst.audit.inside.probe import GUARD, Answer, Context, Probe

FILTER = struct.pack("=HBBI", 6, 0, 0, 0x7FFF_0000)  # allow all


def act(_: Context) -> Answer:
    """One that allows everything, for this child alone."""
    code = block_of(FILTER)
    call("prctl", 38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    return permitted("seccomp", lambda: call("seccomp", 1, 0, struct.pack("H6xQ", 1, address(code))))


PROBE = Probe(
    id="own-filter",
    theme="kernel",
    title="put a system call filter over a program (seccomp)",
    origin="general",
    control="system-calls",
    layers=(GUARD,),
    act=act,
)
