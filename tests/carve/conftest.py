"""The lane `carve` fails where it cannot run: what was not searched for proves nothing."""

import os

import pytest

from carve import images


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    assert os.geteuid() == 0, "the lane carve was asked for, and only root may mount an image"
    assert images.missing() == [], f"the lane carve was asked for, and these are missing: {images.missing()}"
