"""Where folders of our own go: a read-only container has no /tmp to write in (docker run --read-only)."""

import os
from pathlib import Path

import pytest

from catalyst.instance.ground import ground, temporary


@pytest.mark.parametrize("writable", [True, False])
def test_a_read_only_temporary_folder_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writable: bool
) -> None:
    for name in ("TMPDIR", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: writable if path == "/tmp" else access(path, mode))
    assert ground("TMPDIR", instead=tmp_path) == (Path("/tmp") if writable else tmp_path)
    assert ground("TMPDIR") == Path("/tmp")
    made = temporary(instead=tmp_path)
    assert made.parent == (Path("/tmp") if writable else tmp_path)
    made.rmdir()
