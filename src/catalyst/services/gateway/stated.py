"""What a workload that has a container of its own says of its controls, in a file beside the door.

Its entrypoint writes it before the workload runs, and Landlock then keeps the workload from it (container/entrypoint.py).
Where the kernel has no Landlock the file may be the workload's, so the page says whose word it is, and what is not exactly
of the shape counts as nothing.
"""

import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

NAME = "posture.json"
FACTS = {"ComfyUI's version"}  # what the gateway's container has no way to know
MOST = 64 << 10  # bytes; 24 controls have 8 kB
LAYERS = 2  # the container around it, and the guard


def read(door: int) -> Mapping[str, Any]:
    """FACTS and `controls` as instance/front.posture has them; empty where nothing is said. `door`: its folder."""
    with suppress(OSError, ValueError, RecursionError):
        file = os.open(NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=door)
        with os.fdopen(file, "rb") as stream:
            if stat.S_ISREG(os.fstat(file).st_mode) and len(raw := stream.read(MOST + 1)) <= MOST:
                found = json.loads(raw)
                if _right(found):
                    facts = {key: found["facts"][key] for key in FACTS & found["facts"].keys()}
                    return {"facts": facts, "controls": found["controls"]}
    return {}


def _right(found: object) -> bool:
    return (
        isinstance(found, dict) and _words(found.get("facts"))
        and isinstance(controls := found.get("controls"), list) and all(map(_control, controls))
    )  # fmt: skip


def _control(found: object) -> bool:
    return (
        isinstance(found, dict) and found.keys() == {"id", "title", "overall", "layers"}
        and _words({key: value for key, value in found.items() if key != "layers"})
        and _words(found["layers"]) and len(found["layers"]) == LAYERS
    )  # fmt: skip


def _words(found: object) -> bool:
    return isinstance(found, dict) and all(isinstance(value, str) for value in found.values())
