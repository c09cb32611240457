"""What the kernel says of the workload's processes, asked from beside them."""

import os
from pathlib import Path

from catalyst.engine.engine import children
from catalyst.errors import Unenforceable
from catalyst.guard import kernel
from catalyst.guard.record import replace
from catalyst.instance import posture
from catalyst.instance.prepare import Prepared
from catalyst.policy.model import NotEnforced

GUARD = 1


def check(ready: Prepared) -> None:
    """Raises Unenforceable where a process of the workload is not as the policy says.

    Without CAP_SETPCAP nobody empties the bounding set; under no_new_privs, which is looked at too, no exec brings anything
    back from it (capabilities(7)), and that it is not empty has been said.
    """
    seen = [one for pid in _workloads() for one in posture.look(pid)]
    if not seen:
        raise Unenforceable("identity", "the policy", {"seen from beside it": "none of its processes"})
    added = kernel.for_all()
    seen = [replace(one, fields={**added, **one.fields}) for one in seen]
    harmless = [replace(one, fields={**one.fields, "CapBnd": "0"} if one.fields.get("NoNewPrivs") == "1" else one.fields)
                for one in seen]  # fmt: skip
    lacking = {name for name, answer in ready.answers.items() if isinstance(answer.overall, NotEnforced)}
    posture.compare(ready.policy, harmless, ready.settings.user[0], lacking)


def _workloads() -> list[int]:
    """Children of the guard that lead a session of their own (guard/launch.py), less us; its helpers are in its session."""
    return [pid for pid in children(GUARD) if pid != os.getpid() and _session(pid) == pid]


def _session(pid: int) -> int:
    """proc_pid_stat(5), field 6; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[3])
    except OSError:
        return 0
