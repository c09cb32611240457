"""/dev/net/tun makes a network card of one's own, usually open to everybody."""

from catalyst.audit.inside.acts.files import using
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="tunnel-device",
    theme="machine",
    title="make a network card (/dev/net/tun)",
    origin="general",
    control="devices",
    layers=ENGINES,
    act=using("/dev/net/tun"),
)
