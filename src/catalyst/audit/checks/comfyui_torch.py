"""torch before 2.6."""


from catalyst.audit import look
from catalyst.audit.facts import ComfyUI
from catalyst.audit.model import Check, Held, NotApplicable, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: ComfyUI) -> Outcome:
    version = known(facts.torch, "torch's version is not known")
    if not version:
        return NotApplicable("no torch in an environment beside the checkout")
    return broken(f"torch {version[:40]}") if look.older(version, (2, 6)) else Held(f"torch {version[:40]}")


CHECK = Check(
    id="comfyui-torch",
    control="supply-chain",
    severity=Severity.HIGH,
    title="torch loads weights without running what they say",
    why="Before 2.6 a model file runs code also with weights_only=True (CVE-2025-32434), and before 2.4 ComfyUI falls "
    "back to unsafe loading with a warning.",
    fix={"": "pip install 'torch>=2.6'"},
    references=("CVE-2025-32434", "CWE-502"),
    about=ComfyUI,
    language="comfyui",
    good=("torch = 2.14.1",),
    bad=("torch = 2.5.1+cu124",),
    test=_test,
)
