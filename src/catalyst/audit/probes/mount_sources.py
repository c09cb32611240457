"""/proc/self/mountinfo names the folder that each bind mount comes from, user names included."""

from pathlib import Path

from catalyst.audit.inside.probe import Answer, Context, Probe, allowed, denied


def act(_: Context) -> Answer:
    """The fourth field is the mount's root within its file system (proc_pid_mountinfo(5))."""
    lines = Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines()
    roots = {line.split(" ")[3] for line in lines} - {"/"}
    return allowed(f"{len(roots)} paths of the host are named") if roots else denied("no path of the host is named")


PROBE = Probe(
    id="mount-sources",
    theme="read",
    title="learn the host's paths from its mounts",
    origin="amicontained",
    control="namespaces",
    layers=(),
    levels=(),
    open_because="the kernel names the source of a mount to whoever has the mount, and a name is no way to it",
    act=act,
)
