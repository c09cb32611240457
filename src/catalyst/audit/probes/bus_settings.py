"""/proc/bus/pci is the configuration of every card. Opened for writing, and nothing written."""

import os

from catalyst.audit.inside.acts.files import any_opened, matching
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(_: Context) -> Answer:
    """The cards of the first buses."""
    return any_opened(matching("/proc/bus", "pci/*/*", "input/*"), os.O_WRONLY, "card in /proc/bus")


PROBE = Probe(
    id="bus-settings",
    theme="machine",
    title="configure the machine's cards (/proc/bus)",
    origin="general",
    control="masked-paths",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    kept_by={"bwrap": "its /proc has these read-only whatever it is told"},
    act=act,
)
