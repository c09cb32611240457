"""The small files every sandbox gets, whatever makes it: who is who, what the local host is called."""

from collections.abc import Mapping

from catalyst.policy.model import Identity, Policy, SystemCalls
from catalyst.policy.syscalls.numbers import NUMBERS
from catalyst.render import broker
from catalyst.render.seccomp import oci, program
from catalyst.render.target import Rendered
from catalyst.workloads.model import HOME, PLAN

PLAN_FILE, SECCOMP_FILE, FILTER_FILE, BROKER_FILE = "plan.json", "seccomp.json", "filter.bpf", "broker.json"
# file in the session folder -> where it is shown
SHOWN: Mapping[str, str] = {
    PLAN_FILE: PLAN,
    "passwd": "/etc/passwd",
    "group": "/etc/group",
    "hosts": "/etc/hosts",
    "resolv.conf": "/etc/resolv.conf",
}
# Names are asked for over TCP (use-vc, resolv.conf(5)): the guard leads what connects to port 53 to the broker.
BY_TCP = "use-vc timeout:5 attempts:1"
RESOLVER = f"nameserver 127.0.0.1\noptions {BY_TCP}\n"


def files(policy: Policy, plan: str, machine: str, outer: Rendered) -> dict[str, bytes]:
    """Name in the session folder -> content. The outer filter in the form that `outer` asks for: JSON, or BPF."""
    calls = [one.rule for one in policy if isinstance(one.rule, SystemCalls)]
    seccomp: dict[str, bytes] = {}
    if calls and machine in NUMBERS:
        if any(word.endswith(f"/{SECCOMP_FILE}") for word in outer.argv):
            seccomp[SECCOMP_FILE] = oci.profile(calls[0], machine).encode()
        if any(path.endswith(f"/{FILTER_FILE}") for _, path in outer.opened):
            seccomp[FILTER_FILE] = program.compile(calls[0], machine, outer=True)
    uid, gid = next(((one.rule.uid, one.rule.gid) for one in policy if isinstance(one.rule, Identity)), (1000, 1000))
    texts = {
        PLAN_FILE: plan,
        "passwd": f"root:x:0:0:root:/nonexistent:/usr/sbin/nologin\ncomfyuser:x:{uid}:{gid}::{HOME}:/bin/sh\n",
        "group": f"root:x:0:\ncomfyuser:x:{gid}:\n",
        "hosts": "127.0.0.1 localhost catalyst\n::1 localhost\n",
        "resolv.conf": RESOLVER,
    }
    way_out = broker.config(policy)
    more = {BROKER_FILE: way_out} if way_out else {}
    return {**seccomp, **more, **{name: text.encode() for name, text in texts.items()}}
