"""Their names tell what runs."""

from pathlib import Path

from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, allowed, denied, unknown


def act(context: Context) -> Answer:
    """The bait's abstract name, which is the host's, stands in the table of the host's network namespace."""
    name = context.bait.get("abstract")
    if not name:
        return unknown("no bait was laid")
    found = "@" + name in Path("/proc/net/unix").read_text()
    return allowed("sockets of the host are listed") if found else denied("no socket of the host is listed")


PROBE = Probe(
    id="host-unix-sockets",
    theme="network",
    title="see the host's unix sockets (/proc/net/unix)",
    origin="general",
    control="network-mode",
    layers=ENGINES,
    act=act,
)
