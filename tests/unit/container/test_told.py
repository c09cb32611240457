"""What front says to the workload's container: a word about tokens, waited for, and believed only where nobody there can
have written it."""

import json
import threading
from pathlib import Path

import pytest

from catalyst.container import told
from catalyst.errors import PathRefused
from strategies import settings_with


def test_nobody_is_asked_where_nothing_leads_out(tmp_path: Path) -> None:
    assert told.hear(settings_with(network_mode="isolated"), _nothing, tmp_path / "none") is False


def test_what_is_said_last_counts_and_no_other_file_stays(tmp_path: Path) -> None:
    told.say(tmp_path, used=True)
    told.say(tmp_path, used=False)
    assert told.hear(settings_with(), _nothing, tmp_path) is False
    assert [one.name for one in tmp_path.iterdir()] == [told.NAME]


def test_it_is_waited_for_and_after_a_while_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "PATIENCE", 0.0)
    monkeypatch.setattr(told, "EVERY", 0.01)
    said: list[str] = []
    waits = threading.Event()

    def tell(text: str) -> None:
        said.append(text)
        waits.set()

    def front() -> None:
        assert waits.wait(60)
        told.say(tmp_path, used=False)

    other = threading.Thread(target=front)
    other.start()
    assert told.hear(settings_with(), tell, tmp_path) is False
    other.join()
    assert said == [told.WAITS]


def test_a_folder_that_the_workload_can_write_is_no_place_for_whom_to_trust(tmp_path: Path) -> None:
    told.say(tmp_path, used=True)
    with pytest.raises(PathRefused, match="it is for front alone to write"):
        told.hear(settings_with(), _nothing, tmp_path)


@pytest.mark.parametrize("found", ["", "{", "[]", '{"tokens": 1}', '{"tokens": "true"}', "[" * 4000])
def test_what_is_not_exactly_a_word_of_its_is_none(tmp_path: Path, found: str) -> None:
    (tmp_path / told.NAME).write_text(found)
    assert told._read(tmp_path) is None


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text(json.dumps({"tokens": True}))
    (tmp_path / told.NAME).symlink_to("other")
    assert told._read(tmp_path) is None


def test_the_page_of_a_start_shows_the_last_lines_of_the_models(tmp_path: Path) -> None:
    assert told.shown(tmp_path) == []
    told.show(["vae/a.safetensors: 10 %", "x" * 4000], tmp_path)
    assert told.shown(tmp_path) == ["vae/a.safetensors: 10 %", "x" * told.LONGEST]
    told.show([], tmp_path)
    assert told.shown(tmp_path) == []
    told.show(["nobody there"], tmp_path / "none")
    (tmp_path / told.LINES).write_text(json.dumps({"lines": [1, None, "a", {}]}))
    assert told.shown(tmp_path) == ["a"]


def _nothing(text: str) -> None:
    pytest.fail(f"said {text}")
