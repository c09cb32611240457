"""The positive control of `verify`: what came to nothing is made once more, alone; what was answered is not."""

from pathlib import Path
from typing import Any, cast

import pytest

from catalyst.audit.inside.probe import Answer, unknown
from catalyst.audit.verify import sandbox
from catalyst.audit.verify.bait import Bait


@pytest.mark.parametrize("second", ["allowed", "unknown"])
def test_only_what_came_to_nothing_is_made_again(monkeypatch: pytest.MonkeyPatch, second: Any) -> None:
    asked: list[tuple[str, ...]] = []
    first = {"slow": unknown("no answer in time"), "no": Answer("denied", "x", "EPERM"), "yes": Answer("allowed", "x")}

    def made(_bait: Bait, only: tuple[str, ...], _instead: Path | None) -> sandbox.Answers:
        asked.append(only)
        return {"slow": Answer(second, "y")} if only else first

    monkeypatch.setattr(sandbox, "_unconfined", made)
    found = sandbox.unconfined(cast("Bait", None))
    assert asked == [(), ("slow",)]
    assert found == {**first, "slow": Answer(second, "y")}
