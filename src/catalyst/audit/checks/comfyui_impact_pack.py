"""Impact Pack."""


from catalyst.audit import look
from catalyst.audit.facts import ComfyUI
from catalyst.audit.model import Check, Held, NotApplicable, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: ComfyUI) -> Outcome:
    version = known(facts.impact_pack, "whether Impact Pack is there is not known")
    if not version:
        return NotApplicable("Impact Pack is not there")
    return broken(f"Impact Pack {version[:40]}") if look.older(version,
                                                               (7, 6, 2)) else Held(f"Impact Pack {version[:40]}")


CHECK = Check(
    id="comfyui-impact-pack",
    control="comfyui",
    severity=Severity.HIGH,
    title="ComfyUI-Impact-Pack is new enough to be without its known hole",
    why="Before 7.6.2 an upload is written where its name says, and so replaces code (CVE-2024-21575).",
    fix={"": "git -C custom_nodes/ComfyUI-Impact-Pack pull"},
    references=("CVE-2024-21575", "CWE-22"),
    about=ComfyUI,
    language="comfyui",
    good=("impact_pack = 8.0",),
    bad=("impact_pack = 7.6.1", "impact_pack = ?"),
    test=_test,
)
