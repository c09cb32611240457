"""Attack tests that need a sandbox use bubblewrap; they belong to its lane."""

from pathlib import Path

import pytest

from support import Catalyst, open_to_all


@pytest.fixture
def bwrap(tmp_path: Path) -> Catalyst:
    """The command with bubblewrap and a data directory of its own."""
    open_to_all(tmp_path)
    return Catalyst("bwrap", tmp_path / "data")
