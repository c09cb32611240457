"""The pack that GHOST plants, which runs again at every start. At `normal` ComfyUI-Manager may add packs, and so may it."""

from catalyst.audit.inside.acts.files import planting_in
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

PROBE = Probe(
    id="write-custom-nodes",
    theme="write",
    title="plant a custom node that runs at every start",
    origin="I7, CVE-2024-21575",
    control="write-confinement",
    layers=EVERYONE,
    levels=FROM_HIGH,
    act=planting_in("custom_nodes", "comfyui_perf_monitor/__init__.py"),
)
