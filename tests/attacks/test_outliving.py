"""A miner detaches itself (ultralytics 8.3.41: setsid, unlink). Nothing outlives the workload."""

import subprocess
import time

import pytest

from support import Catalyst, wait_for, with_argument

pytestmark = pytest.mark.engine("bwrap")
MARK = "86399.25"
DETACH = f"setsid nohup sleep {MARK} >/dev/null 2>&1 & (setsid sh -c 'trap \"\" TERM INT HUP; sleep {MARK}' &) ; sleep 0.3"


def test_without_a_sandbox_it_outlives_its_parent() -> None:
    subprocess.run(["sh", "-c", DETACH], check=True)
    try:
        assert len(with_argument(MARK)) >= 2
    finally:
        for pid in with_argument(MARK):
            subprocess.run(["kill", "-9", str(pid)], check=False)
    wait_for(lambda: not with_argument(MARK), "the positive control to end")


def test_under_catalyst_it_ends_with_the_command(bwrap: Catalyst) -> None:
    start = time.monotonic()
    assert bwrap.run("sh", "-c", DETACH).returncode == 0
    assert with_argument(MARK) == []
    assert time.monotonic() - start < 60
