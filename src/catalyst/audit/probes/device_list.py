"""/dev holds what every program needs, the GPU's nodes where one is asked for, and nothing else."""

import re
from pathlib import Path

from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, allowed, denied

NEEDED = re.compile(
    r"null|zero|full|u?random|tty|ptmx|console|pts|shm|fd|stdin|stdout|stderr|core|mqueue|nvidia.*|dri|kfd|dxg"
)


def act(_: Context) -> Answer:
    """By name; what can be done with some of them is asked by other probes."""
    more = sorted(entry.name for entry in Path("/dev").iterdir() if not NEEDED.fullmatch(entry.name))
    if not more:
        return denied("/dev holds nothing that a program does not need")
    return allowed(f"/dev holds {', '.join(more[:5])}" + (f" and {len(more) - 5} more" if len(more) > 5 else ""))


PROBE = Probe(
    id="device-list",
    theme="machine",
    title="find a device that it does not need",
    origin="amicontained",
    control="devices",
    layers=ENGINES,
    act=act,
)
