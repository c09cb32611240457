"""ComfyUI's fixed versions."""


from catalyst.audit import look
from catalyst.audit.facts import ComfyUI
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: ComfyUI) -> Outcome:
    version = known(facts.version, "ComfyUI's version is not known")
    if look.older(version, (0, 28, 0)):
        return broken(f"ComfyUI {version[:40]}")
    return Held(f"ComfyUI {version[:40]}")


CHECK = Check(
    id="comfyui-version",
    control="comfyui",
    severity=Severity.HIGH,
    title="ComfyUI is new enough to be without the known holes",
    why="Before 0.28.0 a page, a picture or a workflow reads files and runs script (CVE-2026-56670 to 56673); 0.22.0 to"
    " 0.25.0 load an uploaded pickle (CVE-2026-68771).",
    fix={"": "git -C ComfyUI fetch --tags && git -C ComfyUI checkout v0.28.0, or newer"},
    references=("CVE-2026-56670", "CVE-2026-56671", "CVE-2026-56672", "CVE-2026-56673", "CVE-2026-68771", "ligsp OPS-3"),
    about=ComfyUI,
    language="comfyui",
    good=("version = 0.28.0", "version = 1.0"),
    bad=("version = 0.27.9", "version = 0.3.64", "version = unknown"),
    test=_test,
)
