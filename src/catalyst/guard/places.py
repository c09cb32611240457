"""Are the workload's directories there, and may the workload's user use them? Asked after the identity is taken.

Nothing is repaired: a recursive chown at start is slow on a volume and dangerous on a tree that an attacker writes.
"""

import os
import shlex

from catalyst.guard.plan import PlacedPath, Plan


class PlaceUnusable(RuntimeError):
    """A directory has the wrong owner or mode. `hint` is the command that mends it, run outside."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def prepare(plan: Plan) -> None:
    """Make the plan's own folders (in memory) and check its places. Raises PlaceUnusable."""
    for folder in plan.folders:
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        except OSError as error:
            raise PlaceUnusable(
                f"cannot make {folder}: {(error.strerror or str(error)).lower()}",
                "its parent must be a tmpfs or a folder that the workload's user may write",
            ) from error
    for place in plan.places:
        check(place)


def check(place: PlacedPath) -> None:
    """Raises PlaceUnusable unless this process may list `place`, and write it if the workload must."""
    wanted = os.R_OK | os.X_OK | (os.W_OK if place.writable else 0)
    uid, gid = os.geteuid(), os.getegid()
    path = shlex.quote(place.outside)
    try:
        found = os.stat(place.inside)
    except OSError as error:
        raise PlaceUnusable(
            f"{place.outside} is missing: {(error.strerror or str(error)).lower()}", f"mkdir -p {path}"
        ) from error
    if place.identity is not None and place.identity != (found.st_dev, found.st_ino):
        raise PlaceUnusable(
            f"{place.outside} was exchanged for another folder while the sandbox was made",
            f"nobody but you should be able to write its parent: ls -ld {shlex.quote(os.path.dirname(place.outside))}",
        )
    if os.access(place.inside, wanted):
        return
    verb = "write" if place.writable else "read"
    mode = f"u+rwX {path}" if found.st_uid == uid else f"o+rX {path}"
    owner_fits = found.st_uid == uid or not place.writable
    raise PlaceUnusable(
        f"{place.outside} belongs to {found.st_uid}:{found.st_gid} with mode {found.st_mode & 0o7777:04o}, "
        f"and the workload runs as {uid}:{gid}, which may not {verb} it",
        f"sudo chmod -R {mode}" if owner_fits else f"sudo chown -R {uid}:{gid} {path}",
    )
