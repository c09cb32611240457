"""`catalyst up`, `down`, `status`, `logs` on every engine, with the canary."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from catalyst.instance.store import Store
from support import PATIENCE, Catalyst, Running, descendants, status, wait_for, with_argument


def left_behind(catalyst: Catalyst) -> list[str]:
    """Processes, containers, mounts, sockets and records that belong to this data directory."""
    found = [f"process {pid}" for pid in with_argument(str(catalyst.data)) if "test" not in status(pid).get("Name", "")]
    if catalyst.engine != "bwrap":
        listed = subprocess.run([catalyst.engine, "ps", "-aq", "--filter", "label=catalyst.instance"],
                                capture_output=True, text=True, env=catalyst.env())  # fmt: skip
        found += listed.stdout.split()
    found += [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(catalyst.data) in line]
    state = [Store(str(catalyst.data)).folder / name for name in ("session", "instance.json")]
    return found + [str(path) for path in state if path.exists()]


@pytest.mark.parametrize("level", ["normal", "high", "maximum"])
def test_the_canary_answers_and_its_identity_is_as_promised(catalyst: Catalyst, level: str) -> None:
    with catalyst.up(SECURITY_LEVEL=level, NETWORK_MODE="isolated") as running:
        assert running.get("system_stats")["system"]["comfyui_version"] == "canary"
        report = running.get("probes")
    assert report["identity"]["CapEff"] == "0" * 16
    assert report["identity"]["NoNewPrivs"] == "1"
    found = {one["id"]: one for one in report["probes"]}
    assert len(found) >= 60
    assert {name: one["evidence"] for name, one in found.items() if one["outcome"] == "broken"} == {}
    untold = {name: one["evidence"] for name, one in found.items() if one["outcome"] == "unknown"}
    assert {name: why for name, why in untold.items() if why != "no bait was laid"} == {}
    assert sum(one["outcome"] == "held" for one in found.values()) >= 40
    wait_for(lambda: not left_behind(catalyst), "nothing to be left")


def test_down_ends_everything(catalyst: Catalyst) -> None:
    url = catalyst("up", "--app=canary", "--port=0", "--detach").stdout.strip()
    assert url.startswith("http://127.0.0.1:")
    shown = catalyst("status", "--json")
    assert shown.returncode == 0
    assert '"answers": true' in shown.stdout
    assert catalyst("up", "--app=canary", "--port=0").returncode == 1  # already running
    done = catalyst("down")
    assert (done.returncode, done.stdout.split()[0]) == (0, "stopped")
    assert left_behind(catalyst) == []
    again = catalyst("down")
    assert (again.returncode, "catalyst: error: no instance runs" in again.stderr) == (1, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_within_the_grace(catalyst: Catalyst, number: signal.Signals) -> None:
    with catalyst.up("--grace=5") as running:
        running.process.send_signal(number)
        assert running.process.wait(20) == 0
    assert left_behind(catalyst) == []


def test_killing_the_workload_restarts_it(catalyst: Catalyst) -> None:
    with catalyst.up() as running:
        before = workload(running)
        assert before
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: workload(running) not in {before, 0}, "another workload")
        wait_for(lambda: catalyst("status").returncode == 0, "it to answer again")
        assert '"restarts": 1' in catalyst("status", "--json").stdout


def workload(running: Running) -> int:
    """The canary's pid on the host, 0 while there is none."""
    found = with_argument("/opt/catalyst/catalyst/canary/__main__.py")
    return next((pid for pid in descendants(guard(running)) if pid in found and parent(pid) == guard(running)), 0)


def guard(running: Running) -> int:
    """PID 1 of the sandbox, as the host sees it."""
    engine = running.catalyst.engine
    if engine == "bwrap":
        monitor = next(pid for pid in descendants(running.process.pid) if status(pid).get("Name") == "bwrap")
        return next(iter(descendants(monitor)), 0)
    argv = [engine, "ps", "-q", "--filter", "label=catalyst.instance"]
    name = subprocess.run(argv, capture_output=True, text=True, env=running.catalyst.env()).stdout.strip()
    argv = [engine, "inspect", "--format", "{{.State.Pid}}", name]
    return int(subprocess.run(argv, capture_output=True, text=True, env=running.catalyst.env()).stdout)


def parent(pid: int) -> int:
    return int(status(pid).get("PPid", "0"))


def test_kill_9_leaves_nothing_that_the_next_down_does_not_clean(catalyst: Catalyst) -> None:
    with catalyst.up() as running:
        below = [*descendants(running.process.pid), guard(running), workload(running)]
        running.process.kill()
        running.process.wait()
    wait_for(lambda: not any(status(pid) for pid in below), "the sandbox to end by itself")
    assert catalyst("down").returncode == 0
    assert left_behind(catalyst) == []


def test_kill_9_leaves_nothing_that_the_next_up_does_not_clean(catalyst: Catalyst) -> None:
    with catalyst.up() as running:
        running.process.kill()
        running.process.wait()
    with catalyst.up() as running:
        assert running.get("queue") == {"queue_running": [], "queue_pending": []}
    assert left_behind(catalyst) == []


def test_a_hung_workload_is_killed_after_the_grace(catalyst: Catalyst) -> None:
    with catalyst.up("--grace=1") as running:
        hung = workload(running)
        assert hung  # 0 would be this process's own group
        os.kill(hung, signal.SIGSTOP)
        start = time.monotonic()
        running.process.terminate()
        assert running.process.wait(PATIENCE) == 0
        assert time.monotonic() - start < 15  # grace and the engine's own time, not a hang
    assert left_behind(catalyst) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another owner")
def test_a_folder_of_the_wrong_owner_is_named_with_the_command(catalyst: Catalyst) -> None:
    output = catalyst.data / "output"
    output.mkdir(parents=True, mode=0o700)
    os.chown(output, 1024, 1024)
    done = catalyst("up", "--app=canary", "--port=0")
    assert done.returncode == 1
    assert f"{output} belongs to 1024:1024 with mode 0700, and the workload runs as 1000:1000" in done.stderr
    assert f"catalyst: hint: sudo chown -R 1000:1000 {output}" in done.stderr
    assert output.stat().st_uid == 1024  # nothing is repaired
    assert left_behind(catalyst) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="another uid than one's own needs root")
def test_an_arbitrary_uid_works_with_nothing_world_writable(catalyst: Catalyst) -> None:
    with catalyst.up("--user=4242:4242") as running:
        assert running.get("probes")["identity"]["Uid"].split() == ["4242"] * 4
        assert status(workload(running))["Uid"].split() == ["4242"] * 4
    loose = [path for path in catalyst.data.rglob("*") if path.stat().st_mode & 0o002 and not path.is_symlink()]
    assert loose == []


def test_logs_are_shown_plain(catalyst: Catalyst) -> None:
    with catalyst.up():
        pass
    done = catalyst("logs")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout


def test_a_taken_port_is_an_error(catalyst: Catalyst) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = catalyst("up", "--app=canary", f"--port={port}")
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: address already in use" in done.stderr
    assert left_behind(catalyst) == []


def test_the_data_directory_may_be_on_a_long_path(catalyst: Catalyst) -> None:
    """A unix socket's path ends at 108 bytes; the door is reached by descriptor."""
    long = Catalyst(catalyst.engine, catalyst.data / ("d" * 60) / ("e" * 60), catalyst.environment)
    with long.up() as running:
        assert running.get("queue")
    shutil.rmtree(long.data)
