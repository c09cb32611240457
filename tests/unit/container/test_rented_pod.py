"""What holds in a rented pod, where nobody can give a flag: the guide's table is the policy's own answers.

`pytest --update` rewrites it. The container is as Docker makes one without a flag, of an image that runs as uid 1000, with a
GPU and a memory limit; no such pod has been looked at.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from catalyst.container import outer
from catalyst.container.look import Seen
from catalyst.errors import Unenforceable
from catalyst.guard.record import replace
from catalyst.policy import requirement
from catalyst.policy.build import build, controls
from catalyst.policy.model import Enforced, NotEnforced
from catalyst.render.target import Answer, Facts, answers, targets
from strategies import sandbox, settings_with

GUIDE = Path(__file__).parents[3] / "docs/guides/pods.md"
TABLE = re.compile(r"\| control \|.*?\n\n", re.DOTALL)
RENTED = Seen(
    uid=1000, no_new_privileges=False, capabilities=False, bounding=14, filtered=True, interfaces=("eth0",),
    shared=frozenset(), memory=64 << 30, bare=("/proc/interrupts",), nodes=("/dev/nvidia0",),
    on_disk=("/scratch", "/tmp", *outer.TRACE_FOLDERS), writable_root=True,
)  # fmt: skip


def _said(level: str, landlock: int) -> Mapping[str, Answer]:
    settings = settings_with(security_level=level, network_mode="restricted", gpu="nvidia")
    policy, inside = build(settings), replace(sandbox(settings), private=("/data/.catalyst",))
    inner = targets()["guard"].render(policy, inside, Facts(landlock=landlock, notify=True, rootless=True))
    return answers(policy, {"container": outer.gaps(policy, RENTED), "guard": inner.gaps})


def _insist(level: str, landlock: int) -> None:
    said = _said(level, landlock)
    settings = settings_with(security_level=level, network_mode="restricted", gpu="nvidia")
    requirement.insist(settings, controls(), {name: one.overall for name, one in said.items()},
                       {name: one.layers for name, one in said.items()})  # fmt: skip


def _table() -> str:
    lines = ["| control | by | at `high`, where the kernel has Landlock (6.12 or newer) |", "|---|---|---|"]
    for control, said in _said("high", 7).items():
        holders = " and ".join(name for name, one in said.layers.items() if isinstance(one, Enforced)) or "none alone"
        lines.append(f"| {control} | {holders} | {requirement.words(said.overall)} |")
    return "\n".join(lines) + "\n\n"


def test_the_guides_table_is_what_is_answered(request: pytest.FixtureRequest) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    if request.config.getoption("--update"):
        text = TABLE.sub(lambda _: _table(), text)
        GUIDE.write_text(text, encoding="utf-8")
    assert TABLE.findall(text) == [_table()], "if the change is meant: pytest --update"


def test_what_the_guide_says_of_levels() -> None:
    """`high` starts with Landlock and refuses without; `maximum` refuses in any case, for want of memory for scratch."""
    _insist("normal", 0)
    _insist("high", 7)
    with pytest.raises(Unenforceable, match="write-confinement"):
        _insist("high", 0)
    with pytest.raises(Unenforceable, match="scratch"):
        _insist("maximum", 7)
    assert [name for name, one in _said("high", 7).items() if isinstance(one.overall, NotEnforced)] == ["scratch"]
