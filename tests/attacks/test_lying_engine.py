"""An engine that does not do what it was asked: too old, patched, or another program called bwrap. What was asked for is
not what is in force, so `up` looks at the running processes from the host and ends a start that is not as promised."""

import os
import stat
import sys
from pathlib import Path

import pytest

from catalyst.errors import Unenforceable
from catalyst.instance import posture
from catalyst.policy.build import build
from catalyst.settings import load
from support import Catalyst

# Answers through the door as ComfyUI would, with no sandbox around it.
LIAR = f"""#!{sys.executable}
import os, socket, sys
if sys.argv[1:] == ["--version"]:
    print("bubblewrap 0.8.0"); sys.exit()
door = sys.argv[sys.argv.index("/run/catalyst/door") - 1]
if os.fork() == 0:
    listener = socket.socket(socket.AF_UNIX)
    os.chdir(door); listener.bind("in.sock"); os.chmod("in.sock", 0o666); listener.listen()
    while True:
        client, _ = listener.accept()
        client.recv(4096)
        client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{{}}")
        client.close()
os.wait()
"""


@pytest.mark.engine("bwrap")
def test_a_start_without_a_sandbox_is_ended(bwrap: Catalyst, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    liar = tmp_path / "bin/bwrap"
    liar.write_text(LIAR)
    liar.chmod(liar.stat().st_mode | stat.S_IXUSR)
    done = bwrap("up", "--app=canary", "--port=0", NETWORK_MODE="isolated", PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert done.stdout == ""  # no URL: nobody is sent there
    assert done.returncode == 6, done.stderr
    assert "seen from the host: process" in done.stderr


EMPTY = dict.fromkeys(posture.CAPABILITY_SETS, "0" * 16)
GOOD = {"Uid": "1000\t1000\t1000\t1000", "NoNewPrivs": "1", "Seccomp": "2", **EMPTY}


@pytest.mark.parametrize(
    ("control", "change"),
    [
        ("identity", {"Uid": "1000\t0\t1000\t1000"}), ("no-new-privileges", {"NoNewPrivs": "0"}),
        ("system-calls", {"Seccomp": "0"}), ("system-calls", {"Seccomp": "1"}),
        *(("capabilities", {name: "0000000000000001"}) for name in posture.CAPABILITY_SETS),
    ],
)  # fmt: skip
def test_each_thing_that_is_looked_at(control: str, change: dict[str, str]) -> None:
    policy = build(load({"data": "/srv/data"}, environ={}))
    posture.compare(policy, [posture.Seen(7, GOOD)], 1000)  # as promised
    with pytest.raises(Unenforceable, match=f"control {control} "):
        posture.compare(policy, [posture.Seen(7, {**GOOD, **change})], 1000)
    for field in change:  # a field that is not there is not a good one
        with pytest.raises(Unenforceable):
            posture.compare(policy, [posture.Seen(7, {key: one for key, one in GOOD.items() if key != field})], 1000)


def inside(**change: str) -> list[posture.Seen]:
    """A guard and a workload as a kernel of the runtime's own tells of them."""
    guard = {**GOOD, "Seccomp": "0", "guard": "1"}  # the engine's filter is not put in force there
    return [posture.Seen(1, guard), posture.Seen(7, {**GOOD, "guard": "0", **change})]


def test_under_a_kernel_of_its_own_the_workload_is_looked_at_from_within() -> None:
    policy = build(load({"data": "/srv/data"}, environ={}))
    posture.compare_inside(policy, inside(), 1000)
    for control, change in (("system-calls", {"Seccomp": "0"}), ("identity", {"Uid": "0\t0\t0\t0"}),
                            ("capabilities", {"CapEff": "1"}), ("no-new-privileges", {"NoNewPrivs": "0"})):  # fmt: skip
        with pytest.raises(Unenforceable, match=f"control {control} "):
            posture.compare_inside(policy, inside(**change), 1000)
    for seen in ([], inside()[:1], [posture.Seen(1, {**inside()[0].fields, "CapEff": "1"}), inside()[1]]):
        with pytest.raises(Unenforceable):  # nobody is seen; nobody but the guard; a guard with capabilities
            posture.compare_inside(policy, seen, 1000)
