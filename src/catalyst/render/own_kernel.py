"""What a kernel that the runtime brings along does not do as Linux does. Measured with `catalyst verify`, by name."""

from catalyst.guard.kernel import GVISOR
from catalyst.policy.model import Rule
from catalyst.render.target import Draft, Facts

# gVisor of 2022 (Debian 12): what got through there and does not under Linux (docs/guides/gvisor.md).
OF_GVISOR = {
    "Capabilities": "a device node can be made and a priority raised without one; both are gVisor's own, none of the host's",
    "Devices": "gVisor shows a /dev/fuse and a /dev/net/tun of its own",
    "Limits": "the limit of processes counts gVisor's own threads too: a workload that reaches it can end the sandbox",
    "Namespaces": "the workload sees into process 1 and can end it, and with it the sandbox; no secret is there",
    "Writable": "the folder of the way in can be written: the workload can answer in its place, as it does behind it",
}
UNMEASURED = "left to the runtime; what its kernel makes of it was not measured"


def note(rule: Rule, facts: Facts, draft: Draft, *, outer: bool) -> None:
    """Gaps of the rule that the draft is at; the guard's steps ask the kernel themselves, so of one that nobody has measured
    the outer layer alone is in doubt."""
    if facts.kernel == GVISOR:
        if text := OF_GVISOR.get(type(rule).__name__):
            draft.partly(text)
    elif facts.kernel and outer:
        draft.partly(f"{UNMEASURED} ({facts.kernel})")
