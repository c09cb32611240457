"""ComfyUI-Manager's own level."""


from catalyst.audit.facts import ComfyUI
from catalyst.audit.model import Check, Held, NotApplicable, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: ComfyUI) -> Outcome:
    level = known(facts.manager_level, "ComfyUI-Manager's level is not known")
    if not level:
        return NotApplicable("ComfyUI-Manager has no settings here")
    return Held(f"security_level {level[:20]}") if level in {"strong",
                                                             "normal"} else broken(f"security_level {level[:20]}")


CHECK = Check(
    id="comfyui-manager-level",
    control="comfyui",
    severity=Severity.CRITICAL,
    title="ComfyUI-Manager's security level is not weak",
    why="With weak or normal- whoever reaches the page installs any repository and pip package. An attacker who can "
    "write one file sets it.",
    fix={"": "security_level = normal in user/__manager/config.ini"},
    references=("CVE-2025-67303", "CWE-862"),
    about=ComfyUI,
    language="comfyui",
    good=("manager_level = normal", "manager_level = strong"),
    bad=("manager_level = weak", "manager_level = normal-", "manager_level = unreadable"),
    test=_test,
)
