"""Parameters of loaded kernel modules. Opened for writing, and nothing written."""

import os
from pathlib import Path

from catalyst.audit.inside.acts.files import any_opened, matching
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(_: Context) -> Answer:
    """Those that somebody may write."""
    found = [path for path in matching("/sys/module", "*/parameters/*") if _writable(path)]
    return any_opened(found, os.O_WRONLY, "module with a setting")


def _writable(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o222)


PROBE = Probe(
    id="module-parameters",
    theme="machine",
    title="change the settings of the kernel's modules",
    origin="general",
    control="masked-paths",
    layers=EVERYONE,
    also=("identity", "write-confinement"),
    needs_root=True,
    act=act,
)
