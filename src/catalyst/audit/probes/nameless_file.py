"""O_TMPFILE makes a file without a name in a folder, and linkat(2) gives it one later. The first step is enough."""

import os

from catalyst.audit.inside.acts.files import code_file
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed


def act(context: Context) -> Answer:
    """Beside a file of the code; it is gone when it is closed."""
    folder = code_file(context).parent
    os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    return allowed(f"a nameless file could be made in {folder}")


PROBE = Probe(
    id="nameless-file",
    theme="write",
    title="slip a file among the code without making a name (O_TMPFILE)",
    origin="general",
    control="write-confinement",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=act,
)
