"""Attack tests that need a sandbox use bubblewrap; they belong to its lane."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support import Catalyst, forget, open_to_all


@pytest.fixture
def bwrap(tmp_path: Path) -> Iterator[Catalyst]:
    """The command with bubblewrap and a data directory of its own."""
    open_to_all(tmp_path)
    yield Catalyst("bwrap", tmp_path / "data")
    forget(tmp_path / "data")
