"""A wiping that a crash interrupted: what the journal names is finished, and nothing else can be named in it."""

import json
from pathlib import Path

import pytest

from catalyst.errors import CatalystError, WipeRefused
from catalyst.instance import cleanup
from catalyst.instance.cleanup import Cleanup
from catalyst.instance.store import Store
from catalyst.settings import Settings, load


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "ROOTS_JOURNALS", tmp_path / "journals")
    monkeypatch.setattr("catalyst.instance.store.ROOTS", tmp_path / "run")


def made(tmp_path: Path, **options: str) -> tuple[Settings, Store]:
    settings = load({"data": str(tmp_path / "data"), "enable_forensic_cleanup": "true", "wipe": "output", **options}, {})
    store = Store(settings.data)
    store.prepare(settings.user)
    (store.data / "output" / "picture.png").write_bytes(b"a prompt" * 1000)
    (store.data / "input" / "mine.png").write_bytes(b"mine")
    return settings, store


def test_a_run_that_was_killed_is_finished_by_the_next(tmp_path: Path) -> None:
    settings, store = made(tmp_path)
    Cleanup(settings, store).begin()
    told: list[str] = []
    cleanup.resume(Store(settings.data), 60, told.append)
    assert list((store.data / "output").iterdir()) == []
    assert (store.data / "input" / "mine.png").read_bytes() == b"mine"
    assert len(told) == 1
    cleanup.resume(Store(settings.data), 60, told.append)
    assert len(told) == 1


def test_what_does_not_fit_stays_noted_and_is_named(tmp_path: Path) -> None:
    settings, store = made(tmp_path)
    run = Cleanup(settings, store)
    run.begin()
    run.ran = True
    with pytest.raises(CatalystError, match=r"not everything was wiped: .*it was asked to stop"):
        run.finish(stop=lambda: True)
    assert (store.data / "output" / "picture.png").exists()
    cleanup.resume(store, 60)
    assert list((store.data / "output").iterdir()) == []


def test_a_start_that_failed_wipes_nothing(tmp_path: Path) -> None:
    settings, store = made(tmp_path)
    run = Cleanup(settings, store)
    run.begin()
    run.finish()
    assert (store.data / "output" / "picture.png").exists()
    assert cleanup.journal_of(store).roots() == ()


def test_a_place_exchanged_during_the_run_is_not_what_is_wiped(tmp_path: Path) -> None:
    settings, store = made(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / "picture.png").write_bytes(b"of somebody else")
    run = Cleanup(settings, store)
    run.begin()
    run.ran = True
    (store.data / "output").rename(tmp_path / "moved")
    (store.data / "output").symlink_to(other)
    run.finish()
    assert (other / "picture.png").read_bytes() == b"of somebody else"
    assert list((tmp_path / "moved").iterdir()) == []


@pytest.mark.parametrize("how", ["another path", "a link", "another folder"])
def test_a_journal_is_not_believed(tmp_path: Path, how: str) -> None:
    settings, store = made(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").write_bytes(b"of somebody else")
    Cleanup(settings, store).begin()
    journal = cleanup.journal_of(store).file
    if how == "another path":
        journal.write_text(json.dumps({"version": 2, "roots": [[str(other), other.stat().st_ino, ""]]}))
    else:
        (store.data / "output").rename(tmp_path / "moved")
        if how == "a link":
            (store.data / "output").symlink_to(other)
        else:
            other.rename(store.data / "output")
            other = store.data / "output"
    with pytest.raises(WipeRefused):
        cleanup.resume(store, 60)
    assert (other / "file").read_bytes() == b"of somebody else"


def test_the_certificate_names_every_place(tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    settings, store = made(tmp_path, keep="input", certificate=str(file))
    run = Cleanup(settings, store)
    run.begin()
    run.ran = True
    run.finish()
    said = {Path(one["path"]).name: one["done"] for one in json.loads(file.read_text())["paths"]}
    assert said == {"models": "kept", "custom_nodes": "kept", "packages": "kept", "input": "kept", "user": "in memory",
                    "cache": "in memory", "output": "wiped"}  # fmt: skip
