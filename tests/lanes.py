"""Lanes: --run-docker, --run-podman, --run-bwrap, --run-vm, --run-age, --run-browser,
--run-carve, --run-scanners. A lane that was asked for and cannot run fails; it is never skipped.

The engine's name is also the lane's; engines are taken from what the loader found, so a new engine has a lane. The lane
`vm` boots virtual machines (tests/vm); `age` needs the program age, and npm for the test vectors; `browser` is Chromium in
front of the gateway (tests/browser); `carve` searches disks for what was removed (tests/carve); `scanners` are other
people's, beside `catalyst audit` and on our own files, with Microsoft's SARIF validator, which npm fetches (tests/scanners).
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalyst.engine.engine import engines
from support import Catalyst, forget, open_to_all

IMAGE = "catalyst-test:bookworm"
FOLDERS = {"vm": "tests/vm", "browser": "tests/browser", "carve": "tests/carve", "scanners": "tests/scanners"}
LANES = (*engines(), "age", *FOLDERS)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("catalyst")
    for name in LANES:
        group.addoption(f"--run-{name}", action="store_true", help=f"run the live tests of {name}")


def pytest_configure(config: pytest.Config) -> None:
    """The folder of a lane is looked at only when the lane was asked for."""
    if config.args_source.name.startswith("ARGS"):
        return
    if any(config.getoption(f"--run-{name}") for name in engines()):
        config.args = [*config.args, "tests/live"]
    config.args = [*config.args, *(folder for name, folder in FOLDERS.items() if config.getoption(f"--run-{name}"))]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of a lane that was not asked for are deselected, and pytest counts them."""
    unwanted = []
    for item in items:
        marker = item.get_closest_marker("engine") or item.get_closest_marker("lane")
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        name = marker.args[0] if marker else parameters.get("engine")
        if name and not config.getoption(f"--run-{name}"):
            unwanted.append(item)
    config.hook.pytest_deselected(items=unwanted)
    items[:] = [item for item in items if item not in unwanted]


@pytest.fixture(scope="session", params=sorted(engines()))
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """An engine that is ready: its daemon runs, the test image is there."""
    name: str = request.param
    if name == "bwrap":
        assert shutil.which("bwrap"), "the lane bwrap was asked for, and bubblewrap is not installed"
        yield name
        return
    from live import containers

    with containers.ready(name, IMAGE) as environment:
        os.environ.update(environment)
        yield name
        for key in environment:
            os.environ.pop(key, None)  # tests of an image have one for themselves


@pytest.fixture
def catalyst(engine: str, tmp_path: Path) -> Iterator[Catalyst]:
    """The command with this engine and a data directory of its own, reachable by every user."""
    open_to_all(tmp_path)
    yield Catalyst(engine, tmp_path / "data", {"CATALYST_IMAGE": IMAGE})
    forget(tmp_path / "data")
