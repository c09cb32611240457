"""GHOST hides there; others read it."""

from pathlib import Path

from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, allowed, denied, unknown


def act(context: Context) -> Answer:
    """The bait's listener, which is the host's, stands in the table of the host's network namespace."""
    port = context.bait.get("tcp", "").rpartition(":")[2]
    if not port:
        return unknown("no bait was laid")
    found = f":{int(port):04X} 00000000:0000 0A" in Path("/proc/net/tcp").read_text()
    return allowed("sockets of the host are listed") if found else denied("no socket of the host is listed")


PROBE = Probe(
    id="host-connections",
    theme="network",
    title="see whom the host talks to (/proc/net/tcp)",
    origin="general",
    control="network-mode",
    layers=ENGINES,
    act=act,
)
