"""bpf(2): programs in the kernel, and a long row of flaws in their verifier."""

import struct

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# A map of one number, gone with the child. kernel.unprivileged_bpf_disabled is asked only after the arguments, so
# they must be good ones (kernel/bpf/syscall.c, map_create).
BPF_MAP_CREATE, BPF_ARRAY = 0, struct.pack("4I", 2, 4, 4, 1).ljust(128, b"\0")

PROBE = Probe(
    id="bpf",
    theme="kernel",
    title="load something into the kernel (bpf)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("bpf", BPF_MAP_CREATE, BPF_ARRAY, len(BPF_ARRAY)),
    also=("capabilities", "identity"),
    needs_root=True,
)
