"""In one container Landlock keeps the workload from signals to whoever has its uid, and not from prlimit(2): a limit on
processor time is a signal too, SIGXCPU, and its core has the victim's environment, in which `docker exec` and health checks
have the container's tokens. The filter lets nobody set the limits of others."""

import binascii
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalyst.policy.build import build
from catalyst.policy.model import SystemCalls
from catalyst.render.seccomp import program
from catalyst.settings import load
from complaint import GUARD, write_plan
from support import open_to_all

UID = 65534 if os.geteuid() == 0 else os.geteuid()
KILL = """
import resource, sys
victim, core = int(sys.argv[1]), resource.prlimit(0, resource.RLIMIT_CORE)
assert core == resource.getrlimit(resource.RLIMIT_CORE)
hard = resource.prlimit(victim, resource.RLIMIT_CPU)[1]
resource.prlimit(victim, resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
resource.prlimit(victim, resource.RLIMIT_CPU, (1, hard))
"""
BUSY = "while True: pass"


def attacked(folder: Path, calls: str | None) -> tuple[int, int, str]:
    """How the victim ended (0: it had to be killed), how the guard's workload did, and what that said."""
    open_to_all(folder)
    place = folder / "victim"
    place.mkdir()
    place.chmod(0o777)
    who = {"user": UID, "group": UID, "extra_groups": []} if os.geteuid() == 0 else {}
    victim = subprocess.Popen(["/usr/bin/python3", "-c", BUSY], cwd=place, env={"HF_TOKEN": "bait"}, **who)  # type: ignore[call-overload]  # of **
    try:
        rules = {"execute": ["/usr"], "write": [str(folder)], "hidden": [], "shown": []}
        plan = write_plan(folder, {"argv": ["/usr/bin/python3", "-c", KILL, str(victim.pid)], "uid": UID, "gid": UID,
                                   "file_rules": rules, "scoped": True, "filter": calls})  # fmt: skip
        argv = [sys.executable, "-I", "-S", str(GUARD), str(plan)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        end = time.monotonic() + 60
        while done.returncode == 0 and victim.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        return victim.poll() or 0, done.returncode, done.stderr
    finally:
        victim.kill()
        victim.wait()


def filters() -> list[str]:
    """Of each level."""
    rules = [one.rule for level in ("normal", "high", "maximum") for one in build(load({}, {"SECURITY_LEVEL": level}))
             if isinstance(one.rule, SystemCalls)]  # fmt: skip
    return [binascii.b2a_base64(program.compile(rule, platform.machine()), newline=False).decode() for rule in rules]


def test_the_control_without_a_filter_whoever_has_the_uid_is_ended_and_leaves_a_core(tmp_path: Path) -> None:
    ended, _, said = attacked(tmp_path, None)
    assert ended == -24, said  # SIGXCPU
    if resource.getrlimit(resource.RLIMIT_CORE)[1] and Path("/proc/sys/kernel/core_pattern").read_text() == "core\n":
        (core,) = (tmp_path / "victim").iterdir()
        assert b"HF_TOKEN=bait" in core.read_bytes()


@pytest.mark.parametrize("number", range(3))
def test_no_level_lets_the_limits_of_others_be_set(tmp_path: Path, number: int) -> None:
    ended, code, said = attacked(tmp_path, filters()[number])
    assert (ended, code) == (0, 1)
    assert "PermissionError" in said
