"""Identity is final once the guard has run."""

from catalyst.audit.inside.acts.kernel import does
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

# no user has that number: nothing changes
PROBE = Probe(
    id="file-user",
    theme="kernel",
    title="change the user it opens files as (setfsuid)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=does("setfsuid", "setfsuid", 0xFFFF_FFFF),
    levels=FROM_HIGH,
)
