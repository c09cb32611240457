"""A site took the downloader over: what it says is then the site's, and nothing it says ends the start of a container, keeps
it from ending, fills the log or the memory, or leaves something that every later start stumbles over."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from catalyst.cli.commands.fetch import _lines
from catalyst.errors import CatalystError
from catalyst.fetcher.sites import MOST_FILES
from catalyst.instance import alone, downloads, fetch, job, wanted
from catalyst.models.fetch.lock import Lock
from catalyst.settings import load
from fetching import BODY, sha256
from support import forget

SOURCE = "hf:owner/repo/a.safetensors"
FILE = {"path": "a.safetensors", "url": "/owner/repo/resolve/main/a.safetensors", "size": len(BODY), "about": len(BODY),
        "sha256": sha256(BODY), "revision": "", "folder": "loras"}  # fmt: skip
WITHOUT_SIZE = {key: value for key, value in FILE.items() if key not in {"size", "about"}}
LONG = 10**4299  # the longest number that JSON may hold for Python (sys.set_int_max_str_digits)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    forget(tmp_path / "data")
    return tmp_path / "data"


def start(data: Path, answer: dict[str, Any] | list[dict[str, Any]], words: Sequence[dict[str, Any]]) -> list[str]:
    """What the log has of a start whose downloader says `answer` when it is asked what there is, and then `words`."""
    settings = load({"data": str(data), "user": f"{os.geteuid() or 1000}"}, environ={})
    log: list[str] = []

    @contextmanager
    def opened(*_: object, **__: object) -> Iterator[Any]:
        yield SimpleNamespace(run=run, tokens=list)

    def run(line: Callable[[bytes], None], _wake: int, **_: object) -> job.Ended:
        request = json.loads((data / "models/.fetch/request.json").read_text().splitlines()[0])
        if request["act"] == "resolve":
            said: Sequence[dict[str, Any]] = [{"key": SOURCE, "files": answer if isinstance(answer, list) else [answer]}]
        else:
            item = request["items"][0]
            (data / f"models/.fetch/{item['id']}.part").write_bytes(BODY)
            said = [{"key": item["id"], **one} for one in words]
        for one in said:
            line(json.dumps(one).encode())
        return job.Ended(0)

    fetch.before(settings, wanted.named([SOURCE]), alone.ALONE, log.append, -1, opened=opened)
    return log


ARRIVED = {"size": len(BODY), "sha256": sha256(BODY)}


def test_the_control_it_is_fetched_and_known_the_next_time(data: Path) -> None:
    assert start(data, FILE, [{"at": 1}, ARRIVED])[-1] == "models: 1 fetched"
    assert start(data, FILE, [])[-1] == "models: 1 there already"


@pytest.mark.parametrize("words", [{"at": LONG}, {"at": -LONG}, {"size": LONG, "sha256": ""},
                                   {"size": 10**400, "sha256": ""}])  # fmt: skip
def test_a_number_that_nobody_can_print(data: Path, words: dict[str, Any]) -> None:
    """A size of 1, so that a tenth of it is longer still."""
    log = start(data, {**FILE, "size": 1, "about": 1, "sha256": ""}, [words])
    assert log[-1] == "models: 1 failed"


def test_an_answer_without_a_size(data: Path) -> None:
    assert start(data, WITHOUT_SIZE, [ARRIVED])[-1] == "models: 1 fetched"


@pytest.mark.parametrize(
    "url", ["/owner/a b.safetensors", pytest.param(f"/{'a' * 3000}", id="long"), "//elsewhere.example.net/a"]
)
def test_an_address_that_the_lock_file_cannot_hold(data: Path, url: str) -> None:
    """It was written there, and from then on no start fetched anything: the lock file could not be read again."""
    start(data, {**FILE, "url": url}, [ARRIVED])
    assert start(data, FILE, [ARRIVED])[-1] in {"models: 1 fetched", "models: 1 there already"}


@pytest.mark.parametrize("cut_at", ["_", ".", " ", "-.-_"])
def test_a_name_that_the_lock_file_cannot_hold(data: Path, cut_at: str) -> None:
    """Any site can say such a name, without taking over anything."""
    name = f"{'a' * (188 - len(cut_at))}{cut_at}{'b' * 40}.safetensors"
    assert start(data, {**FILE, "path": name}, [ARRIVED])[-1] == "models: 1 fetched"
    assert start(data, FILE, [])[-1] == "models: 1 there already"


def test_progress_that_never_ends_fills_no_log(data: Path) -> None:
    back_and_forth = [{"at": 0 if number % 2 else len(BODY)} for number in range(2000)]
    further_and_further = [{"at": number * len(BODY)} for number in range(2000)]
    assert len(start(data, FILE, [*back_and_forth, *further_and_further, ARRIVED])) < 20


def test_nor_that_of_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    show = _lines()
    for number in range(200):
        show("a.safetensors", number % 2 * 100, 100)
        show("a.safetensors", number * 100, 100)
    assert len(capsys.readouterr().err.splitlines()) < 20


def test_many_answers_fill_no_memory(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To one question, and to none: what is not wanted is not kept, and who says too much is ended."""
    monkeypatch.setattr(downloads, "MOST_SAID", 1 << 16, raising=False)
    end = [{"error": f"{number:1000}", "at": None} for number in range(100)]
    assert start(data, FILE, end)[-1] == "models are not fetched: the downloader says too much"


def test_files_by_the_thousand_keep_no_scanner_busy(data: Path) -> None:
    """A minute of its time for each, which no DOWNLOAD_TIMEOUT bounds."""
    files = [{**FILE, "path": f"{number}.safetensors", "url": f"/{number}"} for number in range(MOST_FILES + 1)]
    assert start(data, files, [])[-1] == "models: 1 failed"
    assert start(data, files[:-1], [])[-1] == f"models: {MOST_FILES} failed", "the control: they were asked for"


def test_who_never_stops_talking_is_late_all_the_same() -> None:
    """There was always something to read, so nobody looked at the clock: DOWNLOAD_TIMEOUT bounded nothing."""
    reading, writing = os.pipe()
    rescue = threading.Timer(60, lambda: os.write(writing, b"x"))
    rescue.start()
    begun = time.monotonic()
    with Path("/dev/zero").open("rb") as talker:
        running: Any = SimpleNamespace(stdout=talker)
        assert job._follow(running, lambda _: None, reading, 0.2) == (False, True), time.monotonic() - begun
    rescue.cancel()
    rescue.join()
    os.close(reading)
    os.close(writing)


def test_whatever_is_taken_can_be_read_again(tmp_path: Path) -> None:
    """The lock file refuses no more than what is refused before it is written."""
    from catalyst.models.fetch import target

    (order,) = wanted.named([SOURCE])
    lock = Lock(tmp_path / "models.lock")
    taken = 0
    for url in ("/a", "/a b", "//a", "/", "/ä", "/a\x7f", f"/{'a' * 2001}", f"/{'a' * 2002}"):
        try:
            one = target.from_answer(order.wanted[0], lock, {**FILE, "url": url})
        except CatalystError:
            continue
        taken += 1
        lock.entries = {SOURCE: [one.entry(1)]}
        lock.write()
        assert Lock(lock.file).entries == lock.entries
    assert taken == 2
