"""The owner of a data directory is not root. A link of his in a place's stead would lead root's mounts into folders that
he may not enter, /root's for one, and the workload with them."""

import os
from pathlib import Path

import pytest

from catalyst.errors import PathRefused
from catalyst.instance.store import Store

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="for a user the link leads only where he may go himself")


@pytest.fixture
def link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("catalyst.instance.store.ROOTS", tmp_path / "run")
    (tmp_path / "secret").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data/output").symlink_to(tmp_path / "secret")
    return tmp_path / "data/output"


def test_one_that_somebody_else_made_is_refused(link: Path) -> None:
    os.chown(link, 4242, 4242, follow_symlinks=False)
    with pytest.raises(PathRefused, match="a link that root did not make"):
        Store(str(link.parent)).prepare((1000, 1000))


def test_roots_own_may_lead_to_another_disk(link: Path) -> None:
    Store(str(link.parent)).prepare((1000, 1000))
    assert link.is_symlink()
