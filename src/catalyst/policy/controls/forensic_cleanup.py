"""ENABLE_FORENSIC_CLEANUP."""

from catalyst.policy.build import Control
from catalyst.policy.model import ForensicCleanup

CONTROL = Control(
    id="forensic-cleanup",
    title="what the workload leaves behind stays off the disk or is wiped",
    why="pictures and prompts outlive a deleted file on every file system",
    rules=lambda settings: [ForensicCleanup()] if settings.enable_forensic_cleanup else [],
)
