"""Node packs since they were recorded."""

from collections.abc import Iterator

from catalyst.audit.facts import ComfyUI
from catalyst.audit.model import At, Check, NotApplicable, Outcome, judge, known
from catalyst.severity import Severity


def _places(facts: ComfyUI) -> Iterator[At]:
    packs = known(facts.packs, "the packs of nodes are not known")
    recorded = known(facts.recorded, "nothing was recorded: catalyst audit --record-nodes FOLDER")
    for name in sorted({*packs, *recorded}):
        if name not in recorded:
            yield At(f"{name[:80]} is new")
        elif name not in packs:
            yield At(f"{name[:80]} is gone")
        elif packs[name] != recorded[name]:
            yield At(f"{name[:80]} was changed")


def _test(facts: ComfyUI) -> Outcome:
    if known(facts.packs, "the packs of nodes are not known") == {} and not facts.recorded:
        return NotApplicable("no packs of nodes")
    return judge(_places(facts), "as they were recorded")


CHECK = Check(
    id="comfyui-nodes-changed",
    control="comfyui",
    severity=Severity.HIGH,
    title="packs of nodes are as they were recorded",
    why="GHOST planted a pack of its own, and stolen accounts changed known ones: code that starts with the next "
    "ComfyUI.",
    fix={"": "look at it: catalyst scan custom_nodes; then record it again: catalyst audit --record-nodes FOLDER"},
    references=("CWE-506",),
    about=ComfyUI,
    language="comfyui",
    good=('packs = {"a": "1"}\nrecorded = {"a": "1"}',),
    bad=('packs = {"a": "2"}\nrecorded = {"a": "1"}', 'packs = {"a": "1", "b": "1"}\nrecorded = {"a": "1"}',
         'packs = {}\nrecorded = {"a": "1"}'),
    test=_test,
)
