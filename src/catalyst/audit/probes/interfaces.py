"""A network namespace of its own has nothing but `lo` (network_namespaces(7))."""

from catalyst.audit.inside.acts.network import names
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, allowed, denied


def act(_: Context) -> Answer:
    """By name."""
    found = names()
    return allowed(f"found {', '.join(found)}") if found else denied("no interface but the loopback")


PROBE = Probe(
    id="interfaces",
    theme="network",
    title="see the network cards",
    origin="general",
    control="network-mode",
    layers=ENGINES,
    act=act,
)
