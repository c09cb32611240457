"""Attack tests that need a sandbox use bubblewrap; they belong to its lane."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervised import Far
from support import Catalyst, forget, open_to_all


@pytest.fixture
def bwrap(tmp_path: Path) -> Iterator[Catalyst]:
    """The command with bubblewrap and a data directory of its own."""
    open_to_all(tmp_path)
    yield Catalyst("bwrap", tmp_path / "data")
    forget(tmp_path / "data")


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    """A machine beyond a network device that a sandbox with the device in sight could reach."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("only root makes network namespaces, with iproute2")
    made = Far(tmp_path_factory.mktemp("far") / "log")
    yield made
    made.close()
