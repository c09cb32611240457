"""The gateway is what visitors and the workload's answers reach first. Started by root, it must not stay root."""

import os
from pathlib import Path

import pytest

from catalyst.instance.posture import CAPABILITY_SETS
from support import Catalyst, descendants, status

pytestmark = pytest.mark.engine("bwrap")


def test_what_the_gateway_is(bwrap: Catalyst) -> None:
    with bwrap.up(NETWORK_MODE="isolated") as running:
        commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in descendants(running.process.pid)}
        (gateway,) = [pid for pid, command in commands.items() if b"catalyst.services.gateway" in command]
        found = status(gateway)
        above = status(running.process.pid)
    uid = 1000 if os.geteuid() == 0 else os.geteuid()
    assert found["Uid"].split() == [str(uid)] * 4
    assert found["NoNewPrivs"] == "1"
    held = [name for name in CAPABILITY_SETS if int(found[name], 16) and (name != "CapBnd" or os.geteuid() == 0)]
    assert held == []
    if os.geteuid() == 0:
        assert found["Groups"] == ""
        assert above["Uid"].split()[0] == "0", "the positive control: its parent is root"
