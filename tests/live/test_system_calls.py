"""Every system call number, tried in the sandbox of each tier, against the tier's data and against no filter at all."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from catalyst.policy.model import Tier
from catalyst.policy.syscalls import arguments, tiers
from catalyst.policy.syscalls.numbers import NEWEST, NUMBERS
from support import Catalyst

MACHINE = os.uname().machine
NAMES = {number: name for name, number in NUMBERS.get(MACHINE, {}).items()}
# These make a second process or never return; arguments decide over them, which tests/unit/syscalls shows.
LEFT_OUT = {"fork", "vfork", "clone", "clone3", "exit", "exit_group", "pause", "rt_sigreturn", "rt_sigsuspend"}
# The kernel does not ask a filter about these (uretprobe since 6.14, uprobe since 6.17): a filter that refused them
# would end programs under a tracer. They do nothing unless called from the kernel's own trampoline (measured: ENXIO).
UNASKED = {335, 336} if MACHINE == "x86_64" else set()
# libseccomp 2.5.4 skips names it does not know, and runc answers ENOSYS above the newest one it does know.
UNKNOWN_TO_ENGINES = range(453, NEWEST + 1)
EPERM, ENOSYS = 1, 38

# Each number in a child of its own, all arguments -1: the kernel refuses them after the filter has let the call through.
TRY = """
import ctypes, json, os, select, sys
libc, found = ctypes.CDLL(None, use_errno=True), {}
libc.syscall.restype = ctypes.c_long
for number in json.loads(sys.argv[1]):
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        answer = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(-1)] * 6)
        os.write(write, str(ctypes.get_errno() if answer == -1 else 0).encode())
        os._exit(0)
    os.close(write)
    said = os.read(read, 16) if select.select([read], [], [], 2)[0] else b""
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    os.close(read)
    found[number] = int(said) if said else None
print(json.dumps(found))
"""


def numbers() -> list[int]:
    return [one for one in range(NEWEST + 1) if NAMES.get(one) not in LEFT_OUT and one not in UNASKED]


@pytest.fixture(scope="module")
def unfiltered(tmp_path_factory: pytest.TempPathFactory) -> dict[int, int | None]:
    """The same numbers as the same unprivileged user in a bare sandbox: what the kernel itself answers."""
    user = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"] if os.geteuid() == 0 else []
    bare = ["bwrap", "--unshare-all", "--uid", "1000", "--gid", "1000", "--ro-bind", "/", "/", "--dev", "/dev",
            "--proc", "/proc"]  # fmt: skip
    argv = [*user, *bare, "/usr/bin/python3", "-c", TRY, json.dumps(numbers())]
    done = subprocess.run(argv, capture_output=True, text=True, cwd="/", timeout=300)
    assert done.returncode == 0, done.stderr
    return {int(number): said for number, said in json.loads(done.stdout).items()}


@pytest.mark.skipif(MACHINE not in NUMBERS, reason="there is no table for this machine, and Catalyst says so")
@pytest.mark.parametrize("tier", Tier)
def test_no_accidental_allow_and_none_missing(
    catalyst: Catalyst, tier: Tier, unfiltered: dict[int, int | None], tmp_path: Path
) -> None:
    program = ("python3", "-c", TRY, json.dumps(numbers()))
    done = catalyst.run(*program, SECURITY_LEVEL=tier.name.lower(), NETWORK_MODE="isolated")
    assert done.returncode == 0, done.stderr
    found = {int(number): said for number, said in json.loads(done.stdout).items()}
    assert found.keys() == unfiltered.keys()
    for number, said in found.items():
        name = NAMES.get(number, "")
        if name not in tiers.allowed(tier):
            assert said in {EPERM, ENOSYS}, (number, name, said)
        elif name not in arguments.ALLOWED and name not in arguments.REFUSED:
            # Allowed: the kernel's own answer, whatever it is. Outcomes without an answer (it ended the child) agree too.
            too_new = catalyst.engine != "bwrap" and number in UNKNOWN_TO_ENGINES and said == ENOSYS
            assert said == unfiltered[number] or too_new, (number, name, said)
    let_through = [number for number, said in unfiltered.items() if said not in {EPERM, ENOSYS}]
    assert len(let_through) > 300, "the positive control: without a filter most calls are reached"
