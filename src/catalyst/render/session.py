"""The small files every sandbox gets, whatever makes it: who is who, what the local host is called."""

from collections.abc import Mapping

from catalyst.policy.model import Identity, Network, Policy, Reach, SystemCalls
from catalyst.policy.syscalls.numbers import NUMBERS
from catalyst.render.seccomp import oci
from catalyst.workloads.model import HOME, PLAN

PLAN_FILE, SECCOMP_FILE = "plan.json", "seccomp.json"
# file in the session folder -> where it is shown
SHOWN: Mapping[str, str] = {
    PLAN_FILE: PLAN,
    "passwd": "/etc/passwd",
    "group": "/etc/group",
    "hosts": "/etc/hosts",
}


def files(policy: Policy, plan: str, machine: str) -> dict[str, str]:
    """Name in the session folder -> content. `machine` is empty where the engine takes no profile of system calls."""
    calls = [one.rule for one in policy if isinstance(one.rule, SystemCalls)]
    seccomp = {SECCOMP_FILE: oci.profile(calls[0], machine)} if calls and machine in NUMBERS else {}
    uid, gid = next(((one.rule.uid, one.rule.gid) for one in policy if isinstance(one.rule, Identity)), (1000, 1000))
    return {
        **seccomp,
        PLAN_FILE: plan,
        "passwd": f"root:x:0:0:root:/nonexistent:/usr/sbin/nologin\ncomfyuser:x:{uid}:{gid}::{HOME}:/bin/sh\n",
        "group": f"root:x:0:\ncomfyuser:x:{gid}:\n",
        "hosts": "127.0.0.1 localhost catalyst\n::1 localhost\n",
    }


def sealed(policy: Policy) -> bool:
    """The workload has no interface but loopback."""
    return any(isinstance(one.rule, Network) and one.rule.reach is not Reach.INTERNET for one in policy)
