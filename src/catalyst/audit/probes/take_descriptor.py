"""Sockets and files of the gateway could be used as they are."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EBADF
PROBE = Probe(
    id="take-descriptor",
    theme="kernel",
    title="take another process's open file (pidfd_getfd)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("pidfd_getfd", -1, 0, 0),
)
