"""Acts that mount. Whoever may mount does it in a mount namespace of a child's own, which ends with the child."""

import os
from collections.abc import Callable
from pathlib import Path

from catalyst.audit.inside.acts.kernel import CLONE_NEWNS, Act, permitted, reached
from catalyst.audit.inside.acts.tracing import forked
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import Answer

MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18


def asked() -> int:
    """No type: may_mount() answers EPERM, else do_new_mount() EINVAL (fs/namespace.c)."""
    return call("mount", None, b"/\0", None, 0, None)


def in_private(what: str, do: Callable[[], int], flags: int = CLONE_NEWNS) -> Answer:
    """Where mount(2) is answered, or a namespace can be had to mount in, do it, seen by nobody else."""

    def alone() -> Answer:
        inside = permitted("making a mount namespace", lambda: call("unshare", flags))
        if inside.outcome != "allowed":
            # without one nothing is mounted; that mount(2) answers is what there is to tell
            return reached("mount()", asked) if flags == CLONE_NEWNS else inside
        call("mount", None, b"/\0", None, MS_REC | MS_PRIVATE, None)
        return permitted(what, do)

    return forked(alone)


def mounts(kind: str, options: str = "", flags: int = CLONE_NEWNS) -> Act:
    """Mount a file system of that kind over the scratch folder, in a namespace of its own."""
    return lambda context: in_private(f"mounting {kind}", lambda: mount(kind, context.scratch, options), flags)


def mount(kind: str, target: Path, options: str = "") -> int:
    """mount(2) without a device."""
    name = kind.encode() + b"\0"
    return call("mount", b"none\0", os.fsencode(target) + b"\0", name, 0, options.encode() + b"\0")
