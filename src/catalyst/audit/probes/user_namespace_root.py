"""What `unshare -r` does, and every exploit that needs capabilities towards the kernel."""

import os
from pathlib import Path

from catalyst.audit.inside.acts.kernel import CLONE_NEWUSER, permitted
from catalyst.audit.inside.acts.tracing import forked
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, denied


def act(_: Context) -> Answer:
    """In a child of its own: the map is what gives the namespace a root."""
    return forked(_become)


def _become() -> Answer:
    outside = os.geteuid()
    made = permitted("making a user namespace", lambda: call("unshare", CLONE_NEWUSER))
    if made.outcome != "allowed":
        return made
    Path("/proc/self/uid_map").write_text(f"0 {outside} 1\n")
    return allowed("it is user 0 there") if os.geteuid() == 0 else denied("the map was not taken")


PROBE = Probe(
    id="user-namespace-root",
    theme="kernel",
    title="be user 0 of a namespace of its own",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
)
