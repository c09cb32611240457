"""The lane `vm` fails where it cannot run: a machine that was not booted proves nothing."""

import pytest

from vm import machine


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    assert machine.missing() == [], f"the lane vm was asked for, and these are missing: {machine.missing()}"
