"""Mode and time of a file of the code: a changed mode makes it writable. Set to what they are already.

Landlock has no rule for it, so a guard alone holds it only where the code belongs to another user.
"""

import os
from functools import partial
from pathlib import Path

from catalyst.audit.inside.acts.files import code_file
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, allowed, first_allowed


def act(context: Context) -> Answer:
    """chmod(2) and utimensat(2), which only the owner may."""
    path = code_file(context)
    return first_allowed([partial(_mode, path), partial(_time, path)], "")


def _mode(path: Path) -> Answer:
    path.chmod(path.stat().st_mode & 0o777)
    return allowed(f"the mode of {path} could be set")


def _time(path: Path) -> Answer:
    now = path.stat()
    os.utime(path, ns=(now.st_atime_ns, now.st_mtime_ns))
    return allowed(f"the time of {path} could be set")


PROBE = Probe(
    id="code-metadata",
    theme="write",
    title="make a file of the code writable",
    origin="linPEAS",
    control="write-confinement",
    layers=ENGINES,
    also=("identity",),
    needs_root=True,
    act=act,
)
