"""A .pth file in site-packages runs at every start of this Python; ultralytics came as an altered package."""

import sysconfig
from pathlib import Path

from catalyst.audit.inside.acts.files import plant
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(_: Context) -> Answer:
    """Where pip would put it."""
    return plant(Path(sysconfig.get_path("purelib")) / "catalyst-probe.pth")


PROBE = Probe(
    id="write-packages",
    theme="write",
    title="alter the installed Python packages",
    origin="I3",
    control="write-confinement",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=act,
)
