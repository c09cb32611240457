"""/proc/PID/fd of a host process leads to what it has open, sockets and pipes excepted."""

from pathlib import Path

from catalyst.audit.inside.acts.processes import DOMAIN, on_victim
from catalyst.audit.inside.probe import EVERYONE, Answer, Probe, allowed


def act(pid: int) -> Answer:
    """Where its standard input comes from."""
    Path(f"/proc/{pid}/fd/0").readlink()
    return allowed(f"the descriptors of process {pid} can be followed")


PROBE = Probe(
    id="victim-descriptors",
    theme="read",
    title="follow the open files of a host process",
    origin="CDK",
    control="namespaces",
    layers=EVERYONE,
    also=DOMAIN,
    act=on_victim(act),
)
