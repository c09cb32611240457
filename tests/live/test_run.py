"""`catalyst run`: identity, exit code, signals, streams, terminal, on every engine."""

import hashlib
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support import Catalyst, descendants, status, wait_for

LEVELS = ("normal", "high", "maximum")
# Every new network namespace has the kernel's own tunnel devices, down; only what is up counts (SIOCGIFFLAGS).
INTERFACES_UP = (
    "import socket, fcntl\n"
    "s = socket.socket()\n"
    "for _, n in socket.if_nameindex():\n"
    "  if fcntl.ioctl(s, 0x8913, n.encode().ljust(256, b'\\0'))[16] & 1: print(n)\n"
)
STATUS = "print(open('/proc/self/status').read())"


@pytest.mark.parametrize("level", LEVELS)
def test_identity(catalyst: Catalyst, level: str) -> None:
    done = catalyst.run("python3", "-c", STATUS, SECURITY_LEVEL=level, NETWORK_MODE="isolated")
    assert done.returncode == 0, done.stderr
    fields = {key: value.strip() for key, _, value in (line.partition(":") for line in done.stdout.splitlines())}
    assert fields["Uid"].split() == ["1000"] * 4
    assert fields["Gid"].split() == ["1000"] * 4
    assert {fields[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert fields["NoNewPrivs"] == "1"


def test_exit_code_and_streams(catalyst: Catalyst) -> None:
    done = catalyst.run("sh", "-c", "echo to stdout; echo to stderr >&2; exit 7")
    assert (done.returncode, done.stdout) == (7, "to stdout\n")
    assert done.stderr.splitlines()[-1] == "to stderr"


@pytest.mark.parametrize(("command", "code"), [("/nowhere/program", 127), ("/etc/passwd", 126)])
def test_a_command_that_cannot_run(catalyst: Catalyst, command: str, code: int) -> None:
    done = catalyst.run(command)
    assert done.returncode == code
    assert f"catalyst: error: cannot run {command}" in done.stderr


def test_stdin_reaches_the_command(catalyst: Catalyst) -> None:
    done = subprocess.run(catalyst.argv("run", "--", "sha256sum"), input=b"x" * 1_000_000, env=catalyst.env(),
                          capture_output=True, timeout=120)  # fmt: skip

    assert done.stdout.split()[0].decode() == hashlib.sha256(b"x" * 1_000_000).hexdigest()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_a_signal_reaches_the_command(catalyst: Catalyst, number: signal.Signals) -> None:
    program = f"trap 'echo caught; exit 42' {number.name.removeprefix('SIG')}; echo ready; while :; do sleep 0.1; done"
    with subprocess.Popen(catalyst.argv("run", "--", "sh", "-c", program), env=catalyst.env(), stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.readline() == "caught\n"
        assert process.wait(30) == 42


def test_a_signal_that_ends_the_command_is_its_exit_code(catalyst: Catalyst) -> None:
    assert catalyst.run("sh", "-c", "kill -9 $$").returncode == 128 + signal.SIGKILL


def test_the_environment_is_clean(catalyst: Catalyst) -> None:
    look = "env; cat /proc/*/environ 2>/dev/null; true"
    done = catalyst.run("sh", "-c", look, HF_TOKEN="hf_canary", HTTP_PROXY="http://u:pw@x")
    assert done.returncode == 0
    assert "hf_canary" not in done.stdout
    assert "u:pw" not in done.stdout


def test_a_terminal_is_passed_through(catalyst: Catalyst) -> None:
    """Both ends a terminal: isatty inside, its size, Ctrl-C as a key, the exit code."""
    program = (
        "import os,sys,time; print('tty', sys.stdin.isatty(), sys.stdout.isatty(), flush=True)\n"
        "try:\n print('ready', flush=True); time.sleep(60)\nexcept KeyboardInterrupt: sys.exit(5)"
    )
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(catalyst.command[0], catalyst.argv("run", "--", "python3", "-c", program), catalyst.env())
    seen = b""
    while b"ready" not in seen:
        seen += os.read(terminal, 4096)
    assert b"tty True True" in seen
    time.sleep(0.2)
    os.write(terminal, b"\x03")
    _, code = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(code) == 5


def test_writes_stay_where_the_level_lets_them(catalyst: Catalyst) -> None:
    script = (
        "for d in models custom_nodes packages input output user cache; do touch /data/$d/x 2>/dev/null && echo $d; done; "
        "for p in /usr/x /opt/x /etc/x /x /data/x; do touch $p 2>/dev/null && echo $p; done; true"
    )
    every = ["models", "custom_nodes", "packages", "input", "output", "user", "cache"]
    assert catalyst.run("sh", "-c", script).stdout.split() == every
    for level in ("high", "maximum"):
        done = catalyst.run("sh", "-c", script, SECURITY_LEVEL=level, NETWORK_MODE="isolated")
        assert done.stdout.split() == ["input", "output", "user", "cache"]
    assert (catalyst.data / "output/x").is_file()


def test_sealed_has_no_interface_but_loopback(catalyst: Catalyst) -> None:
    for mode in ("restricted", "isolated"):
        done = catalyst.run("python3", "-c", INTERFACES_UP, NETWORK_MODE=mode)
        assert done.stdout.split() == ["lo"], done.stdout + done.stderr
        routes = catalyst.run("cat", "/proc/net/route", NETWORK_MODE=mode).stdout.splitlines()
        assert len(routes) == 1, routes


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be root in disguise")
def test_root_outside_is_never_root_inside(catalyst: Catalyst) -> None:
    """Seen from the host, in the host's /proc: the real uid is 1000, not a 1000 that a user namespace maps to 0."""
    argv = catalyst.argv("run", "--", "sleep", "3141")
    with subprocess.Popen(argv, env=catalyst.env(), stdin=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: any(status(pid).get("Name") == "sleep" for pid in sleepers()), "the command to start")
            for pid in sleepers():
                assert status(pid)["Uid"].split() == ["1000"] * 4
                assert Path(f"/proc/{pid}/uid_map").read_text().split()[:2] == ["0", "0"] or catalyst.engine != "bwrap"
        finally:
            process.terminate()
    wait_for(lambda: not sleepers(), "the command to end")


def sleepers() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _cmdline(folder) == ["sleep", "3141"]]


def _cmdline(folder: Path) -> list[str]:
    try:
        return (folder / "cmdline").read_text().split("\0")[:-1]
    except OSError:
        return []


@pytest.mark.parametrize("engine", ["bwrap"], indirect=True)
def test_kill_9_of_run_leaves_nothing_under_bwrap(catalyst: Catalyst) -> None:
    """A container goes on, as with `docker run`; `up` has a lifeline for that."""
    argv = catalyst.argv("run", "--", "sleep", "2718")
    with subprocess.Popen(argv, env=catalyst.env(), stdin=subprocess.DEVNULL) as process:
        wait_for(lambda: len(descendants(process.pid)) >= 3, "the command to start")
        below = descendants(process.pid)
        process.kill()
    wait_for(lambda: not any(status(pid) for pid in below), "everything to end")
