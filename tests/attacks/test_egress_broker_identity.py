"""The broker parses what the workload sends and may reach the internet. Started by root, it must not stay root."""

import os
from pathlib import Path

from brokers import broker
from support import status

SETS = ("CapInh", "CapPrm", "CapEff", "CapAmb")


def test_what_the_broker_is(tmp_path: Path) -> None:
    with broker(tmp_path, ["example.org"]) as running:
        running.connect("evil.org:443")[2].close()  # it serves, so it has given up what it had
        found = status(running.process.pid)
        limits = Path(f"/proc/{running.process.pid}/limits").read_text()
    uid = 1000 if os.geteuid() == 0 else os.geteuid()
    assert found["Uid"].split() == [str(uid)] * 4
    assert found["NoNewPrivs"] == "1"
    assert [name for name in SETS if int(found[name], 16)] == []
    core = next(line.split() for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core[4:6] == ["0", "0"]
    if os.geteuid() == 0:
        assert (found["Groups"], int(found["CapBnd"], 16)) == ("", 0)


def test_another_program_of_its_user_cannot_look_into_it(tmp_path: Path) -> None:
    """Not dumpable: its memory and descriptors are root's (prctl(2), PR_SET_DUMPABLE).

    Where root starts it, giving up root alone has the same effect; started by a user, the call has it.
    """
    with broker(tmp_path, ["example.org"]) as running:
        running.connect("evil.org:443")[2].close()
        assert Path(f"/proc/{running.process.pid}/fd").stat().st_uid == 0
        assert Path(f"/proc/{running.process.pid}/mem").stat().st_uid == 0
