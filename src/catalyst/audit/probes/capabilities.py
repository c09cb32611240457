"""One capability is enough for many escapes (capabilities(7)). bubblewrap started by root leaves three to the guard."""

from catalyst.audit.inside.acts.processes import status
from catalyst.audit.inside.probe import CONTAINERS, GUARD, Answer, Context, Probe, allowed, denied, unknown

SETS = ("CapEff", "CapPrm", "CapAmb", "CapInh")


def act(_: Context) -> Answer:
    """By the kernel's account."""
    own = status()
    held = [f"{name} {own[name]}" for name in SETS if int(own.get(name, "0"), 16)]
    if held:
        return allowed(", ".join(held))
    return denied("it holds none") if own else unknown("/proc/self/status cannot be read")


PROBE = Probe(
    id="capabilities",
    theme="identity",
    title="use a part of root's power (capabilities)",
    origin="amicontained",
    control="capabilities",
    layers=(*CONTAINERS, GUARD),
    also=("identity",),
    needs_root=True,
    act=act,
)
