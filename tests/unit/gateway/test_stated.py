"""The page of a gateway whose workload has a container of its own: what that says is shown, as its word and no more."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalyst.services.gateway import posture, stated
from gateways import POSTURE

ALONE: dict[str, Any] = {"facts": {"security level": "high"}, "controls": [], "verify": None}
CONTROL = {"id": "identity", "title": "an ordinary user", "overall": "enforced",
           "layers": {"container": "partly (<b>as it can</b>)", "guard": "enforced"}}  # fmt: skip
SAID = {"facts": {"ComfyUI's version": "0.3.64", "security level": "none", "all is": "well"}, "controls": [CONTROL]}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path, os.O_PATH | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


def page(door: int, own: Any = ALONE) -> str:
    return posture.show(own, door, {}, lambda: None).text or ""


def test_what_it_says_is_shown_as_its_word(tmp_path: Path, door: int) -> None:
    assert posture.UNSAID in page(door)
    (tmp_path / stated.NAME).write_text(json.dumps(SAID))
    shown = page(door)
    assert posture.ELSEWHERE in shown
    assert posture.UNSAID not in shown
    assert "an ordinary user" in shown
    assert "0.3.64" in shown
    assert "&lt;b&gt;as it can" in shown


def test_it_has_no_say_in_what_the_gateway_knows(tmp_path: Path, door: int) -> None:
    (tmp_path / stated.NAME).write_text(json.dumps(SAID))
    assert "well" not in page(door)
    assert "<dd>none</dd>" not in page(door)
    whole = page(door, POSTURE)  # the workload is beside it
    assert "0.3.64" not in whole
    assert posture.ELSEWHERE not in whole


@pytest.mark.parametrize("said", [
    "", "{", "[]", "null", "[" * 100_000, json.dumps({**SAID, "controls": [{**CONTROL, "overall": 1}]}),
    json.dumps({**SAID, "controls": [{"id": "identity"}]}), json.dumps({**SAID, "controls": {}}),
    json.dumps({**SAID, "controls": [{**CONTROL, "layers": {"guard": "enforced"}}]}),
    json.dumps({**SAID, "controls": [{**CONTROL, "layers": []}]}), json.dumps({"controls": [CONTROL]}),
    json.dumps({**SAID, "facts": {"ComfyUI's version": []}}), json.dumps(SAID) + " " * stated.MOST,
], ids=range(13))  # fmt: skip
def test_what_has_another_shape_says_nothing(tmp_path: Path, door: int, said: str) -> None:
    (tmp_path / stated.NAME).write_text(said)
    assert posture.UNSAID in page(door)


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_what_is_no_file_says_nothing_and_holds_nobody(tmp_path: Path, door: int, kind: str) -> None:
    (tmp_path / "elsewhere").write_text(json.dumps(SAID))
    file = tmp_path / stated.NAME
    match kind:
        case "link":
            file.symlink_to("elsewhere")
        case "fifo":
            os.mkfifo(file)
        case _:
            file.mkdir()
    assert posture.UNSAID in page(door)
