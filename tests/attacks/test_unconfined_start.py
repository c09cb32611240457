"""A workload whose restriction cannot be put in force must not run for a moment, and the guard must say which it was.

The failing restrictions are real ones: a path that Landlock cannot open, and a filter the kernel does not accept. A
kernel without Landlock is in tests/vm/test_older_kernel.py.
"""

import base64
import os
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from catalyst.guard.syscalls import landlock_abi
from complaint import GUARD, Answer, check, write_plan
from support import open_to_all

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the guard has something to give up only as root")
HERE = {"execute": ("/usr",), "write": ("/tmp",), "hidden": (), "shown": ()}
NOWHERE = {"execute": ("/usr",), "write": ("/nowhere/at/all",), "hidden": (), "shown": ()}
ENDLESS = base64.b64encode(struct.pack("=HBBI", 0x05, 0, 0, 0)).decode()  # a jump past its own end
ALLOW = base64.b64encode(struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)).decode()


def guard(plan: Path) -> Answer:
    """Under the system's interpreter: the workload's user must be able to read its modules, for the doorman."""
    argv = ["/usr/bin/python3", "-I", "-S", str(GUARD), str(plan)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    return Answer(done.returncode, done.stdout, done.stderr)


def _plan(folder: Path, mark: Path, **change: Any) -> Path:
    """A workload that would leave `mark` if it ran at all."""
    return write_plan(folder, {"argv": ("/bin/touch", str(mark)), **change})


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    open_to_all(tmp_path)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    return tmp_path / "open/ran"


BROKEN = [
    ({"file_rules": NOWHERE}, "/nowhere/at/all"),
    ({"filter": ENDLESS}, "PR_SET_SECCOMP"),
    ({"file_rules": HERE, "filter": ALLOW, "no_new_privileges": False}, "landlock_restrict_self"),
]


@pytest.mark.parametrize("command", [True, False])
@pytest.mark.parametrize(("change", "named"), BROKEN, ids=["path", "filter", "privileges"])
def test_it_does_not_run_and_the_code_says_why(
    tmp_path: Path, mark: Path, change: dict[str, Any], named: str, command: bool
) -> None:
    if landlock_abi() < 1:
        pytest.fail("these attempts need Landlock")
    door = None if command else {"socket": str(mark.parent / "in.sock"), "port": 1}
    answer = guard(_plan(tmp_path, mark, **change, command=command, restarts=3, door=door))
    assert not mark.exists()
    check(answer, 6, named)
    assert not (mark.parent / "in.sock").exists(), "the way in is closed again"


def test_the_control_with_restrictions_that_hold(tmp_path: Path, mark: Path) -> None:
    for change in ({}, {"file_rules": {**HERE, "write": (str(mark.parent),)}}, {"filter": ALLOW}):
        answer = guard(_plan(tmp_path, mark, **change))
        assert (answer.code, answer.err) == (0, "")
        mark.unlink()


def test_a_restriction_that_fails_at_a_restart(tmp_path: Path, mark: Path) -> None:
    """The workload ran before, so its own exit code could be 6: the guard answers 1, and nothing is started again."""
    folder = mark.parent / "gone"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    script = f"echo x >> {mark}; rmdir {folder}"
    rules = {"execute": ("/usr",), "write": (str(mark.parent), str(folder)), "hidden": (), "shown": ()}
    plan = write_plan(
        tmp_path, {"argv": ("/bin/sh", "-c", script), "file_rules": rules, "command": False, "restarts": 3}
    )
    answer = guard(plan)
    assert answer.code == 1, answer.err
    assert mark.read_text() == "x\n"
    assert str(folder) in answer.err


def test_a_program_that_cannot_be_run_is_no_failed_restriction(tmp_path: Path, mark: Path) -> None:
    for program, code in (("/nowhere/program", 127), ("/etc/passwd", 126)):
        answer = guard(write_plan(tmp_path, {"argv": (program,), "file_rules": HERE}))
        assert answer.code == code
