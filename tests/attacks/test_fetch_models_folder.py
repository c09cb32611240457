"""The models folder is the workload's at `normal`, and the one who fetches may be root: nothing in it leads him astray."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalyst.errors import CatalystError, ModelsUnusable
from catalyst.models.fetch.shelf import Shelf
from fetching import BODY, Site, fetch, models, sha256, site
from support import forget


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Site]:
    """A site with one good file; what root keeps of an earlier run in the same folders is forgotten."""
    for data in (tmp_path, tmp_path / "data", *(tmp_path / level for level in ("normal", "high", "maximum")),
                 *(tmp_path / level / "x" for level in ("normal", "high", "maximum"))):  # fmt: skip
        forget(data)
    with site() as found:
        found.files = {"good.safetensors": BODY}
        yield found


def get(stub: Site, data: Path, *sources: str, update: bool = False) -> list[tuple[str, str, str]]:
    report = fetch(stub.url, data, sources or ("hf:o/r/good.safetensors",), update=update)
    return [(one.path, one.state.value, one.why) for one in report.outcomes]


def test_the_control_without_an_attack(stub: Site, tmp_path: Path) -> None:
    assert get(stub, tmp_path) == [("loras/good.safetensors", "fetched", "")]
    assert models(tmp_path) == {"loras/good.safetensors": BODY}
    assert (tmp_path / "models/loras/good.safetensors").stat().st_mode & 0o777 == 0o644


def test_a_link_for_a_folder(stub: Site, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "data/models").mkdir(parents=True)
    (tmp_path / "data/models/loras").symlink_to(outside)
    [(path, state, why)] = get(stub, tmp_path / "data")
    assert (path, state) == ("loras/good.safetensors", "failed")
    assert "a link" in why
    assert list(outside.iterdir()) == []


def test_a_link_for_the_staging_folder(stub: Site, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(b"mine")
    os.utime(outside / "precious", (0, 0))
    (tmp_path / "data/models").mkdir(parents=True)
    (tmp_path / "data/models/.fetch").symlink_to(outside)
    with pytest.raises(ModelsUnusable):
        get(stub, tmp_path / "data")
    assert [one.name for one in outside.iterdir()] == ["precious"]


@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "pipe", "other file", "same file", "hard link"])
def test_the_name_is_taken(stub: Site, tmp_path: Path, kind: str) -> None:
    """Never replaced, never opened if it could block, never written through."""
    victim, place = tmp_path / "victim", tmp_path / "data/models/loras/good.safetensors"
    victim.write_bytes(b"mine")
    place.parent.mkdir(parents=True)
    match kind:
        case "link":
            place.symlink_to(victim)
        case "dangling link":
            place.symlink_to(tmp_path / "nowhere")
        case "folder":
            place.mkdir()
        case "pipe":
            os.mkfifo(place)
        case "hard link":
            place.hardlink_to(victim)
        case _:
            place.write_bytes(BODY if kind == "same file" else b"other")
    before = place.lstat().st_ino
    [(_, state, _)] = get(stub, tmp_path / "data")
    assert state == ("there already" if kind == "same file" else "failed")
    assert (victim.read_bytes(), place.lstat().st_ino) == (b"mine", before)
    assert not (tmp_path / "nowhere").exists()
    assert stub.asked == [("/o/r/resolve/0123456789abcdef0123456789abcdef01234567/good.safetensors", "bytes=0-1048575")], (
        "only looked at")  # fmt: skip


def test_the_name_is_taken_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "loras").mkdir()
    shelf = Shelf(tmp_path, (1000, 1000))
    for name, data in (("one", b"1"), ("two", b"2")):
        (tmp_path / ".fetch" / name).write_bytes(data)
    assert shelf.place("one", "loras/x.gguf") is True
    assert shelf.place("two", "loras/x.gguf") is False
    assert (tmp_path / "loras/x.gguf").read_bytes() == b"1"
    (tmp_path / "loras/y.gguf").symlink_to(tmp_path / "nowhere")
    assert shelf.place("two", "loras/y.gguf") is False
    assert not (tmp_path / "nowhere").exists()
    shelf.close()


def test_a_staged_file_that_is_exchanged_for_a_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    victim.chmod(0o600)
    models_folder = tmp_path / "models"
    models_folder.mkdir()
    shelf = Shelf(models_folder, (1000, 1000))
    (models_folder / ".fetch/part").symlink_to(victim)
    with pytest.raises(ModelsUnusable):
        shelf.place("part", "loras/x.gguf")
    assert victim.stat().st_mode & 0o777 == 0o600
    shelf.close()


def test_what_the_downloader_says_is_not_believed(
    stub: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A downloader that was taken over puts another file there than it says."""
    from catalyst.models.fetch.shelf import Shelf as Kept

    opened = Kept.open

    def exchange(self: Kept, path: str):  # type: ignore[no-untyped-def]  # as Shelf.open
        if path.startswith(".fetch/"):
            (tmp_path / "models" / path).write_bytes(BODY[:-1] + b"\7")
        return opened(self, path)

    monkeypatch.setattr(Kept, "open", exchange)
    [(_, state, why)] = get(stub, tmp_path)
    assert (state, why) == ("failed", "what arrived is not what was said")
    assert models(tmp_path) == {}
    assert list((tmp_path / "models/.fetch").iterdir()) == []


def test_a_changed_file_is_found_by_the_next_fetch_although_its_size_and_time_are_the_same(
    stub: Site, tmp_path: Path
) -> None:
    get(stub, tmp_path)
    place = tmp_path / "models/loras/good.safetensors"
    times = place.stat()
    place.write_bytes(BODY[:-1] + b"\7")
    os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))
    [(_, state, why)] = get(stub, tmp_path)
    assert state == "failed"
    assert "another file has that name" in why
    loose = fetch(stub.url, tmp_path, ["hf:o/r/good.safetensors"], {"VERIFY_CHECKSUMS": "false"})
    assert [one.state.value for one in loose.outcomes] == ["there already"], "the negative control: not looked at"


def test_a_second_fetch_asks_nobody(stub: Site, tmp_path: Path) -> None:
    get(stub, tmp_path)
    stub.asked.clear()
    url, stub.url = stub.url, "http://127.0.0.1:1"
    assert get(stub, tmp_path) == [("loras/good.safetensors", "there already", "")]
    assert stub.asked == []
    stub.url = url
    stub.files["good.safetensors"] = BODY[:-1] + b"\1"
    assert get(stub, tmp_path) == [("loras/good.safetensors", "there already", "")], "the lock file pins it"
    [(_, state, why)] = get(stub, tmp_path, update=True)
    assert (state, "another file has that name" in why) == ("failed", True)


def test_one_failure_stops_nothing(stub: Site, tmp_path: Path) -> None:
    stub.files |= {"other.safetensors": BODY[:-1] + b"\1", "evil.ckpt": b"\x80\x04cposix\nsystem\n(S'true'\ntR.",
                   "short.safetensors": BODY[:-1] + b"\2"}  # fmt: skip
    stub.behave = lambda _, page: "short" in page.path and page.send(200, b"x")
    found = get(stub, tmp_path, "hf:o/r/good.safetensors", "hf:o/r/short.safetensors", "hf:no/such", "hf:o/r/evil.ckpt",
                "hf:o/r/other.safetensors", "hf:o/r/missing.gguf", "civitai:1")  # fmt: skip
    assert {path: state for path, state, _ in found if path} == {
        "loras/good.safetensors": "fetched", "loras/other.safetensors": "fetched", "checkpoints/evil.ckpt": "refused",
        "checkpoints/short.safetensors": "failed"}  # fmt: skip
    assert [state for path, state, _ in found if not path] == ["failed"] * 3
    assert set(models(tmp_path)) == {"loras/good.safetensors", "loras/other.safetensors"}


def test_a_refused_pickle_is_not_fetched_again_and_can_be_allowed_by_its_hash(stub: Site, tmp_path: Path) -> None:
    evil = b"\x80\x04cposix\nsystem\n(S'true'\ntR."
    stub.files = {"evil.ckpt": evil}
    assert get(stub, tmp_path, "hf:o/r/evil.ckpt")[0][1] == "refused"
    stub.asked.clear()
    assert get(stub, tmp_path, "hf:o/r/evil.ckpt")[0][1] == "refused"
    assert stub.asked == []
    for level in ("normal", "high", "maximum"):
        report = fetch(stub.url, tmp_path / level, ["hf:o/r/evil.ckpt"],
                       {"CATALYST_MODELS_ALLOW": sha256(evil), "SECURITY_LEVEL": level})  # fmt: skip
        assert [one.state.value for one in report.outcomes] == ["fetched"], level
        other = fetch(stub.url, tmp_path / level / "x", ["hf:o/r/evil.ckpt"],
                      {"CATALYST_MODELS_ALLOW": "0" * 64, "SECURITY_LEVEL": level})  # fmt: skip
        assert [one.state.value for one in other.outcomes] == ["refused"], level


@pytest.mark.parametrize("name", ["pickle.safetensors", "text.gguf"])
@pytest.mark.parametrize("level", ["normal", "high"])
def test_a_disguise(stub: Site, tmp_path: Path, level: str, name: str) -> None:
    stub.files = {"pickle.safetensors": b"\x80\x04cposix\nsystem\n(S'true'\ntR.", "text.gguf": b"import os\n" * 100}
    report = fetch(stub.url, tmp_path, [f"hf:o/r/{name}"], {"SECURITY_LEVEL": level})
    assert [one.state.value for one in report.outcomes] == ["refused"]
    assert models(tmp_path) == {}


def test_two_fetches_at_once(stub: Site, tmp_path: Path) -> None:
    import fcntl

    get(stub, tmp_path)
    from catalyst.instance.store import Store

    with (Store(str(tmp_path)).make_kept() / "fetch.lock").open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(CatalystError, match="being fetched"):
            get(stub, tmp_path)
