"""A pickle among the models is code at the next start. At `normal` models may be added from within."""

from catalyst.audit.inside.acts.files import planting_in
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

PROBE = Probe(
    id="write-models",
    theme="write",
    title="plant a model file that is code",
    origin="CVE-2026-68771",
    control="write-confinement",
    layers=EVERYONE,
    levels=FROM_HIGH,
    act=planting_in("models", "checkpoints/catalyst-probe.ckpt"),
)
