"""A tier as OCI JSON (runtime-spec config-linux.md#seccomp), for the outer layer.

It allows what the guard needs before it installs the workload's own program, so it is that much wider. An allow list
cannot refuse single values of an allowed call; those are the inner layer's.
"""

import errno
import json
from typing import Any

from catalyst.policy.model import SystemCalls
from catalyst.policy.syscalls import arguments, tiers

WIDER = "it also allows what the guard needs to start; single values of ioctl and prctl are the guard's to refuse"
ARCHITECTURE = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}


def profile(rule: SystemCalls, machine: str) -> str:
    """The JSON text for `machine` (uname -m). Only the native architecture: x86's socketcall would hide arguments."""
    names = tiers.allowed(rule.tier) | tiers.GUARD
    plain = sorted(name for name in names if arguments.alternatives(name, rule) is None)
    calls: list[dict[str, Any]] = [{"names": plain, "action": "SCMP_ACT_ALLOW"}]
    calls += [
        {"names": [name], "action": "SCMP_ACT_ALLOW", "args": [
            {"index": one.index, "op": "SCMP_CMP_MASKED_EQ", "value": one.mask, "valueTwo": one.value} for one in alternative
        ]}
        for name in sorted(names) for alternative in arguments.alternatives(name, rule) or ()
    ]  # fmt: skip
    calls.append({"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS})
    document = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": errno.EPERM,
        "architectures": [ARCHITECTURE[machine]],
        "syscalls": calls,
    }
    return json.dumps(document, indent=1, sort_keys=True) + "\n"
