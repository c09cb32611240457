"""ComfyUI-Manager's own configuration, which two of its flaws let a visitor lower."""

from catalyst.audit.inside.acts.files import planting_in
from catalyst.audit.inside.probe import Probe

PROBE = Probe(
    id="write-manager-config",
    theme="write",
    title="lower ComfyUI-Manager's own security level",
    origin="CVE-2025-67303, CVE-2026-22777",
    control="write-confinement",
    layers=(),
    levels=(),
    open_because="the user folder holds ComfyUI's settings and stays writable; what Manager may do is held by the sandbox",
    act=planting_in("user", "__manager/config.ini"),
)
