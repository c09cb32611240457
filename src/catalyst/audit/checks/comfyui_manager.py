"""ComfyUI-Manager's fixed versions."""


from catalyst.audit import look
from catalyst.audit.facts import ComfyUI
from catalyst.audit.model import Check, Held, NotApplicable, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: ComfyUI) -> Outcome:
    version = known(facts.manager, "whether ComfyUI-Manager is there is not known")
    if not version:
        return NotApplicable("ComfyUI-Manager is not there")
    old = look.older(version, (4, 2, 2)) if version.startswith("4") else look.older(version, (3, 40))
    return broken(f"ComfyUI-Manager {version[:40]}") if old else Held(f"ComfyUI-Manager {version[:40]}")


CHECK = Check(
    id="comfyui-manager",
    control="comfyui",
    severity=Severity.CRITICAL,
    title="ComfyUI-Manager is new enough to be without the known holes",
    why="Before 3.40 and 4.2.2 one address that a browser is led to installs code (CVE-2026-22777, CVE-2025-67303 and "
    "requests that change state by GET).",
    fix={"": "git -C custom_nodes/ComfyUI-Manager pull, or take it away: from SECURITY_LEVEL=high on it is of no use"},
    references=("CVE-2026-22777", "CVE-2025-67303", "CVE-2025-45076", "CVE-2024-21574", "ligsp EXT-1", "CWE-352"),
    about=ComfyUI,
    language="comfyui",
    good=("manager = 3.40", "manager = 4.2.2"),
    bad=("manager = 3.39.2", "manager = 4.2.1", "manager = ?", "manager = 2.51"),
    test=_test,
)
