"""A docker daemon for the live tests: the machine's own where one answers, else one that lives as long as they do.

`python tests/live/daemon.py -- COMMAND…` runs COMMAND with DOCKER_HOST set and exits as it does.
"""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 60.0
STOP_SECONDS = 60.0  # it gives its containers 10 s each to end, and asks them side by side
LOG_LINES = 30
LONGEST_SOCKET = 100  # the kernel's limit is 108 bytes; containerd's sockets lie deepest
LOCK = Path("/run/lock/catalyst-dockerd.lock")


@contextmanager
def docker_daemon(state: Path) -> Iterator[str]:
    """The DOCKER_HOST of a daemon that answers; a daemon that already does is used and left alone.

    One started here keeps all its files under `state`. It is the only one on the machine at a time, as two fight
    over the bridge docker0; a second caller waits for the first. What dockerd never takes back stays: docker0
    itself, its firewall chains, and net.ipv4.ip_forward.
    """
    if _answers(os.environ):
        yield _context_host()
        return
    if os.geteuid() != 0:
        raise RuntimeError("no docker daemon answers, and only root may start one")
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _started(state) as host:
            yield host


@contextmanager
def _started(state: Path) -> Iterator[str]:
    state = state.resolve()
    socket = state / "docker.sock"
    if len(os.fsencode(state / "exec/containerd/containerd-debug.sock")) >= LONGEST_SOCKET:
        raise RuntimeError(f"{state} is too long a path for the sockets under it")
    state.mkdir(parents=True, exist_ok=True)
    # The machine's own /etc/docker/daemon.json is for its own daemon: it may name the same sockets and folders.
    (state / "daemon.json").write_text("{}")
    log = state / "dockerd.log"
    argv = [
        "dockerd", "--config-file", str(state / "daemon.json"), "--data-root", str(state / "data"),
        "--exec-root", str(state / "exec"), "--pidfile", str(state / "dockerd.pid"), "--host", f"unix://{socket}",
    ]  # fmt: skip
    try:
        with log.open("wb") as output:
            # In a session of its own: a Ctrl-C at the tests' terminal must not end it before their containers.
            daemon = subprocess.Popen(argv, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    except OSError as error:
        raise RuntimeError(f"dockerd does not start: {error}") from error
    try:
        _wait_for(daemon, f"unix://{socket}", log)
        yield f"unix://{socket}"
    finally:
        _stop(daemon)
        _unmount_under(state)


def environment(host: str) -> dict[str, str]:
    """This process's environment with docker pointed at `host`."""
    # DOCKER_CONTEXT would win over DOCKER_HOST.
    return {name: value for name, value in os.environ.items() if name != "DOCKER_CONTEXT"} | {"DOCKER_HOST": host}


def _answers(variables: Mapping[str, str]) -> bool:
    argv = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        asked = subprocess.run(argv, capture_output=True, env=variables, check=False, timeout=START_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _context_host() -> str:
    """Where the present environment's daemon is: DOCKER_HOST's, else that of the context in use."""
    argv = ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
    return subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def _wait_for(daemon: "subprocess.Popen[bytes]", host: str, log: Path) -> None:
    _until(lambda: daemon.poll() is not None or _answers(environment(host)), START_SECONDS)
    if daemon.poll() is None and _answers(environment(host)):
        return
    said = log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    raise RuntimeError("\n".join([f"dockerd gave no answer within {START_SECONDS:g} s, or ended:", *said]))


def _stop(daemon: "subprocess.Popen[bytes]") -> None:
    """End it by its pid. Killed, it would leave its containerd and the containers behind: that is the last resort."""
    daemon.terminate()
    try:
        daemon.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _unmount_under(state: Path) -> None:
    """Undo what it left mounted: layers of containers, and the network namespaces of its exec root."""
    fields = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    points = [Path(field[4].replace(r"\040", " ")) for field in fields]
    for point in reversed([point for point in points if point.is_relative_to(state)]):  # the latest is on top
        subprocess.run(["umount", "--lazy", str(point)], check=False)


def _until(condition: Callable[[], bool], seconds: float) -> None:
    """Poll until it holds or the time is up."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)


def main(arguments: list[str]) -> int:
    """Run the command after `--` with DOCKER_HOST set; its exit code, as a shell would give it."""
    if arguments[:1] != ["--"] or len(arguments) == 1:
        print("usage: python tests/live/daemon.py -- COMMAND…", file=sys.stderr)
        return 2
    # Asked to end, leave through the `with`, which ends the daemon.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    folder = tempfile.TemporaryDirectory(prefix="catalyst-", ignore_cleanup_errors=True)
    with folder as state, docker_daemon(Path(state)) as host:
        code = subprocess.run(arguments[1:], env=environment(host), check=False).returncode
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
