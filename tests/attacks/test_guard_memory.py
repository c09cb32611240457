"""The guard runs as the workload's user, so without a measure of its own the workload could read and trace it."""

import subprocess

import pytest

from support import Catalyst

pytestmark = pytest.mark.engine("bwrap")
READ = "open('/proc/1/mem', 'rb'); open('/proc/1/environ').read(); print('READ')"


def test_a_process_of_the_same_user_is_readable() -> None:
    done = subprocess.run(
        ["bwrap", "--unshare-pid", "--as-pid-1", "--ro-bind", "/", "/", "--proc", "/proc", "/bin/sh", "-c",
         f'/usr/bin/python3 -c "{READ}"; true'], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "READ"


def test_the_guard_is_not(bwrap: Catalyst) -> None:
    done = bwrap.run("python3", "-c", READ)
    assert "READ" not in done.stdout
    assert "PermissionError" in done.stderr
