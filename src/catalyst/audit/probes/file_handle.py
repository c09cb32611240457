"""Shocker: a file is opened by its number, whatever is mounted."""

import struct

from catalyst.audit.inside.acts.kernel import AT_FDCWD, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# A handle of a type that no file system has: ESTALE, after CAP_DAC_READ_SEARCH was asked for (fs/fhandle.c).
HANDLE = struct.pack("Ii8x", 8, 0x7F)

PROBE = Probe(
    id="file-handle",
    theme="kernel",
    title="open the host's files by handle",
    origin="CVE-2014-3519",
    control="system-calls",
    layers=EVERYONE,
    act=asks("open_by_handle_at", AT_FDCWD, HANDLE, 0),
    also=("capabilities", "identity"),
    needs_root=True,
)
