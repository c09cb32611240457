"""Which host folders a sandbox shows, and which of them may be written: what all engines share."""

import os.path
from collections.abc import Iterable

from catalyst.errors import PathRefused
from catalyst.policy.model import TRACES, ForensicCleanup, HiddenPaths, Network, Place, Policy, Reach, Writable
from catalyst.render.session import SHOWN, TRUST_FILE
from catalyst.render.target import Facts, Sandbox
from catalyst.workloads.model import DOOR, OUT, PACKAGE, SCRATCH, Mount

CODE_PARTS = ("__init__.py", "guard", "canary", "audit/__init__.py", "audit/inside", "audit/probes")
SCRATCH_FOLDERS = ("/tmp", SCRATCH, "/dev/shm")  # in memory, whatever makes the sandbox


def all_mounts(sandbox: Sandbox) -> tuple[Mount, ...]:
    """The workload's mounts, the guard's code, the session's files; parents before children."""
    code = [Mount(f"{sandbox.package}/{part}", f"{PACKAGE}/{part}") for part in CODE_PARTS]
    session = [Mount(f"{sandbox.session}/{name}", target) for name, target in SHOWN.items()]
    session += [Mount(f"{sandbox.session}/{TRUST_FILE}", target) for target in sandbox.trust]
    return tuple(sorted((*sandbox.workload.mounts, *code, *session), key=lambda mount: mount.target))


def door(sandbox: Sandbox) -> Mount | None:
    """The shared folder with the way in, writable; None for a command."""
    return Mount(f"{sandbox.session}/door", DOOR) if sandbox.workload.port else None


def way_out(rule: Network, sandbox: Sandbox) -> Mount | None:
    """The folder with the broker's socket, read-only; None where there is no broker.

    Connecting to a socket needs no writable mount (sb_permission in fs/namei.c is about files, folders and links).
    """
    return None if rule.reach is Reach.NOWHERE else Mount(f"{sandbox.session}/out", OUT)


def writable(policy: Policy, mount: Mount) -> bool:
    """May the workload write there?"""
    return any(isinstance(one.rule, Writable) and mount.place in one.rule.places for one in policy)


def volatile(policy: Policy, mount: Mount) -> int:
    """The bytes of memory that stand in for this place of the disk, 0 where it is mounted."""
    rules = [one.rule for one in policy if isinstance(one.rule, ForensicCleanup)]
    in_memory = rules and mount.place in TRACES - rules[0].on_disk and writable(policy, mount)
    return rules[0].bytes if in_memory else 0


def remains(policy: Policy, rule: ForensicCleanup, facts: Facts, *, no_swap: bool) -> list[str]:
    """What of a run lies on a disk all the same. `no_swap`: the engine keeps the sandbox's memory out of swap."""
    may = {place for one in policy if isinstance(one.rule, Writable) for place in one.rule.places}
    said = []
    for places, fate in (
        (may - TRACES, "are what the workload is made of: written on disk, and never wiped"),
        (rule.kept & may, "stay on disk, as asked for"),
        ((rule.on_disk - rule.kept) & may, "are on disk until the run ends, then overwritten"),
    ):
        if places:
            said.append(f"{_listed(places)} {fate}")
    if not facts.session_in_memory:
        said.append("the folder of the way in lies on disk until the run ends")
    if facts.swap and not no_swap:
        said.append(f"what is in memory can be written to swap that is not encrypted: {', '.join(facts.swap)}")
    return said


def _listed(places: Iterable[Place]) -> str:
    return ", ".join(sorted(place.value for place in places))


def inspect(policy: Policy, mounts: Iterable[Mount]) -> None:
    """Raises PathRefused when a mount would show a hidden path, or code lies in a folder the workload may write."""
    mounts = list(mounts)
    for mount in mounts:
        for path in (mount.source, mount.target):
            if not path.isprintable() or set(path) & set(',"'):  # docker and podman read --mount as CSV
                raise PathRefused("the folder", path, "a path with a comma or a quote cannot be mounted", "rename it")
    hidden = [path for one in policy if isinstance(one.rule, HiddenPaths) for path in one.rule.paths]
    for mount in mounts:
        for path in hidden:
            if _within(path, mount.source):
                raise PathRefused("SECURITY_TOKEN_VAULT_PATH", path, f"the workload can see {mount.source}",
                                  "keep the vault outside the folders that are mounted")  # fmt: skip
    for loose in (mount for mount in mounts if writable(policy, mount)):
        for mount in mounts:
            # The workload could have planted a link on the way to the mount point (CVE-2026-87766 in bwrap < 0.12).
            if mount.target != loose.target and _within(mount.target, loose.target):
                raise PathRefused("CATALYST_PYTHON", mount.source, f"it would be mounted inside {loose.target}, which "
                                  "the workload may write", "keep it in another folder")  # fmt: skip
            if mount.place is None and _within(mount.source, loose.source):
                raise PathRefused("CATALYST_DATA", loose.source, f"the workload may write it, and {mount.source} in it "
                                  "is code", "keep code and data in separate folders")  # fmt: skip


def _within(path: str, folder: str) -> bool:
    path, folder = os.path.normpath(path), os.path.normpath(folder)
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def loose_submounts(mount: Mount, submounts: Iterable[str]) -> list[str]:
    """Mount points of the host below a source: an engine that binds not recursively read-only leaves them writable."""
    return sorted(point for point in submounts if point != mount.source and _within(point, mount.source))
