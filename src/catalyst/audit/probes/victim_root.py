"""/proc/PID/root of a host process leads to the host's files, whatever mounts this process has."""

from pathlib import Path

from catalyst.audit.inside.acts.files import count_bytes
from catalyst.audit.inside.acts.processes import DOMAIN, on_victim
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, unknown


def act(context: Context) -> Answer:
    """The bait file, seen from the bait process."""
    file = context.bait.get("file")
    if not file:
        return unknown("no bait was laid")
    return on_victim(lambda pid: count_bytes(Path(f"/proc/{pid}/root{file}")))(context)


PROBE = Probe(
    id="victim-root",
    theme="read",
    title="reach the host's files through a process of the same user",
    origin="I7",
    control="namespaces",
    layers=EVERYONE,
    also=DOMAIN,
    act=act,
)
