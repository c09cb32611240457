"""debugfs and tracefs show the kernel's insides and let root change them."""

from catalyst.audit.inside.acts.files import reading
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="kernel-debug",
    theme="machine",
    title="look into the kernel's debug files",
    origin="CDK",
    control="namespaces",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=reading("/sys/kernel/debug", "/sys/kernel/tracing", "/sys/kernel/debug/tracing"),
)
