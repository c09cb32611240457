"""A disk's device is every file on it. Opened for reading and not read."""

import os
import stat
from pathlib import Path

from catalyst.audit.inside.acts.files import any_opened
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(_: Context) -> Answer:
    """Every block device in /dev."""
    found = [path for path in sorted(Path("/dev").iterdir()) if stat.S_ISBLK(path.lstat().st_mode)]
    return any_opened(found, os.O_RDONLY, "block device")


PROBE = Probe(
    id="disks",
    theme="read",
    title="read the host's disks",
    origin="deepce, CDK",
    control="devices",
    layers=EVERYONE,
    also=("identity", "capabilities"),
    needs_root=True,
    act=act,
)
