"""New files that everybody may read show prompts and pictures to the host's other users."""

import os

from catalyst.audit.inside.probe import GUARD, Answer, Context, Probe, allowed, denied


def act(_: Context) -> Answer:
    """The mask it was started with."""
    mask = os.umask(0o077)
    return (
        denied(f"umask {mask:04o}")
        if mask & 0o077 == 0o077
        else allowed(f"umask {mask:04o}: others may read its files")
    )


PROBE = Probe(
    id="umask",
    theme="read",
    title="show its files to the host's other users",
    origin="general",
    control="umask",
    layers=(GUARD,),
    act=act,
)
