"""socketpair(2) makes sockets as socket(2) does, and is easily forgotten."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# AF_INET, which has no pairs: EOPNOTSUPP, once the sockets are made
PROBE = Probe(
    id="socket-pair",
    theme="kernel",
    title="reach other socket families by socketpair",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("socketpair", 2, 1, 0, b"\0" * 8),
)
