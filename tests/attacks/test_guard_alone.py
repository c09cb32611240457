"""The guard's own steps with nothing else around it: no engine's flags, no filter, no Landlock. Each layer must hold what
it claims alone; with all of them in force the loss of one step would go unnoticed (measured: four of eight did)."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import catalyst
from catalyst.guard.syscalls import KEYCTL, SECURE_BITS, _libc, new_session_keyring
from complaint import write_plan
from support import open_to_all, with_argument

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the guard has something to give up only as root")
GUARD = Path(catalyst.__file__).parent / "guard/__main__.py"
ADD_KEY = {"x86_64": 248, "aarch64": 217}
UNPRIVILEGED = 65534

LOOK = f"""
import ctypes, json, os, resource
def reads(path):
    try: return open(path, "rb") is not None
    except OSError: return False
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
names = "Uid Gid Groups CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs".split()
found = {{name: status[name].strip() for name in names}}
found["umask"] = os.umask(0)
found["files"], found["processes"], found["core"] = (
    resource.getrlimit(kind)[1] for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_CORE))
found["guard"] = reads("/proc/1/mem") or reads("/proc/1/environ")
found["key"] = ctypes.CDLL(None).syscall({KEYCTL.get(os.uname().machine, 0)}, 10, -3, b"user", b"catalyst-canary", 0) > 0
found["securebits"] = ctypes.CDLL(None).prctl(27, 0, 0, 0, 0)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What a workload of the bare guard sees; the guard is PID 1 of a new pid namespace and starts as root."""
    folder = tmp_path_factory.mktemp("guard")
    new_session_keyring()
    assert _libc.syscall(ADD_KEY[os.uname().machine], b"user", b"catalyst-canary", b"secret", 6, -3) > 0
    plan = write_plan(folder, {"argv": ["/usr/bin/python3", "-c", LOOK], "processes": 777, "files": 333})
    done = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-I", "-S", str(GUARD), str(plan)],
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_identity(seen: dict[str, object]) -> None:
    assert str(seen["Uid"]).split() == str(seen["Gid"]).split() == [str(UNPRIVILEGED)] * 4
    assert seen["Groups"] == ""


@pytest.mark.parametrize("name", ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
def test_no_capability_in_any_set(seen: dict[str, object], name: str) -> None:
    assert seen[name] == "0" * 16


def test_secure_bits(seen: dict[str, object]) -> None:
    """0 without the step: a set-uid root program would then be given capabilities for its owner's name."""
    assert seen["securebits"] == SECURE_BITS


def test_no_new_privileges(seen: dict[str, object]) -> None:
    assert seen["NoNewPrivs"] == "1"


def test_limits(seen: dict[str, object]) -> None:
    assert (seen["files"], seen["processes"], seen["core"]) == (333, 777, 0)


def test_umask(seen: dict[str, object]) -> None:
    assert seen["umask"] == 0o077


def test_the_guard_cannot_be_read(seen: dict[str, object]) -> None:
    assert seen["guard"] is False


def test_the_callers_keyring_is_left(seen: dict[str, object]) -> None:
    assert seen["key"] is False


def test_the_positive_control_without_a_guard() -> None:
    """The same look by a process of the same kind that no guard started: everything is open."""
    new_session_keyring()
    assert _libc.syscall(ADD_KEY[os.uname().machine], b"user", b"catalyst-canary", b"secret", 6, -3) > 0
    done = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "/usr/bin/python3", "-c", LOOK],
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    found = json.loads(done.stdout)
    assert found["Uid"].split() == ["0"] * 4
    assert found["NoNewPrivs"] == "0"
    assert found["CapEff"] != "0" * 16
    assert found["guard"] is True
    assert found["key"] is True


def test_the_guard_cannot_be_read_where_no_uid_was_changed(tmp_path: Path) -> None:
    """A change of uid makes a process unreadable by itself; started by an ordinary user only the step does."""
    open_to_all(tmp_path)
    (tmp_path / "catalyst").mkdir()
    shutil.copy(GUARD.parents[1] / "__init__.py", tmp_path / "catalyst")
    shutil.copytree(GUARD.parent, tmp_path / "catalyst/guard")
    user = ["setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups", "unshare", "--user",
            f"--map-user={UNPRIVILEGED}", f"--map-group={UNPRIVILEGED}", "--pid", "--fork", "--mount-proc"]  # fmt: skip
    look = ["/usr/bin/python3", "-c", LOOK]
    plan = write_plan(tmp_path, {"argv": look, "no_capabilities": False})
    plan.chmod(0o644)
    guard = ["/usr/bin/python3", "-I", "-S", str(tmp_path / "catalyst/guard/__main__.py"), str(plan)]
    done = subprocess.run([*user, *guard], capture_output=True, text=True, timeout=60, cwd="/")
    assert json.loads(done.stdout)["guard"] is False, done.stderr
    argv = [*user, "sh", "-c", '"$@"; true', "sh", *look]
    bare = subprocess.run(argv, capture_output=True, text=True, timeout=60, cwd="/")
    assert json.loads(bare.stdout)["guard"] is True, "the positive control: a PID 1 that does not care"


def test_where_the_guard_is_not_pid_1_nothing_outlives_it_either(tmp_path: Path) -> None:
    """Kubernetes with a shared process namespace, `docker run --init`: there a kill of everything would reach others."""
    mark = "97531.5"
    script = f"(setsid sleep {mark} &); sleep 0.3"
    plan = write_plan(tmp_path, {"argv": ["/bin/sh", "-c", script]})
    with subprocess.Popen(["sleep", "60"], user=UNPRIVILEGED) as bystander:  # the same user, and not ours
        argv = [sys.executable, "-I", "-S", str(GUARD), str(plan)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert with_argument(mark) == []
        assert bystander.poll() is None
        bystander.kill()
