"""What may be wiped at all, and in which order it is decided: nothing is touched before every root is allowed."""

import os
import pwd
from pathlib import Path

import pytest

from catalyst.errors import WipeRefused
from catalyst.wipe.roots import open_root
from catalyst.wipe.wipe import close_all, open_all, wipe
from catalyst.wipe.wiper import Budget


@pytest.mark.parametrize(("path", "why"), [
    ("/", "root directory"), ("/tmp", "root directory"), ("/home", "root directory"), ("/tmp/..", "root directory"),
    ("/usr/lib", "system"), ("/etc/ssl", "system"), ("/dev/shm", "system"), ("/proc/self", "system"),
    ("/sys/kernel", "system"), (pwd.getpwuid(os.geteuid()).pw_dir + "/.", "not wiped"),
])  # fmt: skip
def test_refused(path: str, why: str) -> None:
    with pytest.raises(WipeRefused, match=why):
        open_root(path)


def test_the_callers_home_and_what_holds_it(tmp_path: Path) -> None:
    home = tmp_path / "homes" / "me"
    home.mkdir(parents=True)
    for path in (home, home.parent):
        with pytest.raises(WipeRefused, match="holds a home"):
            open_root(str(path), home=str(home))
    (home / "output").mkdir()
    close_all([open_root(str(home / "output"), home=str(home))])


def test_catalyst_does_not_wipe_itself() -> None:
    import catalyst

    with pytest.raises(WipeRefused, match="Catalyst itself"):
        open_root(str(Path(catalyst.__file__).parent))


def test_a_link_is_no_root_whatever_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "real" / "sub").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(WipeRefused, match="a link"):
        open_root(str(tmp_path / "link"))
    root = open_root(str(tmp_path / "link" / "sub"))
    assert root.path == str(tmp_path / "real" / "sub")
    close_all([root])


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WipeRefused, match="no such file"):
        open_root(str(tmp_path / "missing"))


def test_only_below_the_folders_of_the_run(tmp_path: Path) -> None:
    for name in ("data/output", "other"):
        (tmp_path / name).mkdir(parents=True)
    close_all([open_root(str(tmp_path / "data/output"), within=[str(tmp_path / "data")])])
    for outside in ("other", "data", "data/../other"):
        with pytest.raises(WipeRefused, match="outside"):
            open_root(str(tmp_path / outside), within=[str(tmp_path / "data")])


def test_one_bad_root_and_none_is_touched(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "file").write_text("x")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 -- counted, nothing else
    with pytest.raises(WipeRefused):
        open_all([str(tmp_path / "good"), "/etc"])
    assert (tmp_path / "good" / "file").exists()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 -- the same


def test_a_single_file(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"x" * 5000)
    (tmp_path / "beside").write_bytes(b"y")
    found = wipe(open_all([str(tmp_path / "picture.png")]), Budget())[0]
    assert [one.name for one in tmp_path.iterdir()] == ["beside"]
    assert found.counts is not None
    assert (found.done, found.counts["bytes"]) == ("wiped", 5000)
