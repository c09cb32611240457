"""Which processor serves which interrupt is a setting of the whole machine."""

from catalyst.audit.inside.acts.files import overwriting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="interrupt-settings",
    theme="machine",
    title="move the machine's interrupts",
    origin="general",
    control="masked-paths",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    kept_by={"bwrap": "its /proc has these read-only whatever it is told"},
    act=overwriting("/proc/irq/default_smp_affinity"),
)
