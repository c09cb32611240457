"""/proc/PID/environ needs the right to ptrace that process (ptrace(2), access mode checks); Landlock refuses it too."""

from functools import partial
from pathlib import Path

from catalyst.audit.inside.acts.processes import others, token_names
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, denied, first_allowed


def act(_: Context) -> Answer:
    """Every process in sight."""
    return first_allowed([partial(_environment_of, pid) for pid in others()], "no other process in sight")


def _environment_of(pid: int) -> Answer:
    names = token_names(Path(f"/proc/{pid}/environ").read_bytes())
    if names:
        return allowed(f"/proc/{pid}/environ holds {', '.join(names)}")
    return denied(f"/proc/{pid}/environ can be read and holds no token")


PROBE = Probe(
    id="other-environments",
    theme="read",
    title="take tokens from another process's environment",
    origin="I9",
    control="namespaces",
    layers=EVERYONE,
    also=("clean-environment", "write-confinement"),
    act=act,
)
