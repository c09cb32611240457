"""socket(2) takes three ints: a filter that compares 64 bits lets what it does not know through."""

from catalyst.audit.inside.acts.kernel import does
from catalyst.audit.inside.native import HIGH
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="socket-type-high-bits",
    theme="kernel",
    title="reach the kernel's firewall code, with high bits set in the type",
    origin="CVE-2019-10063",
    control="system-calls",
    layers=EVERYONE,
    act=does("a netfilter netlink socket", "socket", 16, HIGH | 3, 12),
)
