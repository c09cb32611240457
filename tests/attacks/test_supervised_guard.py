"""The supervisor itself under attack: killed, its helper killed, flooded. Nothing passes, and the guard goes on."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from supervised import broker, echo, run, start
from support import wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes namespaces")


def _child_of(pid: int) -> int:
    """The first child of a process, once there is one."""
    file = Path(f"/proc/{pid}/task/{pid}/children")
    wait_for(lambda: file.read_text(encoding="ascii"), "a child")
    return int(file.read_text(encoding="ascii").split()[0])


def test_without_the_guard_there_are_no_sockets(tmp_path: Path) -> None:
    """Not as PID 1, since with that everything ends."""
    text = """
made, unix = socket.socket(), socket.socket(socket.AF_UNIX)
guard, end = os.getppid(), time.monotonic() + 30
say(alive=guard)
while os.getppid() == guard and time.monotonic() < end: time.sleep(0.02)
say(connect=code(made.connect, ("127.0.0.1", 9)), socket=code(socket.socket), listen=code(made.listen),
    unix=code(unix.connect, "/nowhere"), after=os.getppid() != guard)
"""
    running = start(tmp_path, text, first=False)
    assert running.stdout is not None
    assert "alive" in running.stdout.readline()
    os.kill(running.pid, signal.SIGKILL)
    said = running.stdout.readline()
    running.communicate(timeout=60)
    assert said == '{"connect": "ENOSYS", "socket": "ENOSYS", "listen": "ENOSYS", "unix": "ENOSYS", "after": true}\n'


def test_the_helper_can_be_killed_and_is_replaced(tmp_path: Path) -> None:
    """Without Landlock's scope the workload may signal it: its connections end, the next ones work, nothing passes."""
    text = """
first = socket.create_connection(("203.0.113.7", 443)); first.settimeout(10); first.send(b"a")
say(before=first.recv(9).decode())
children = [int(pid) for pid in open("/proc/1/task/1/children").read().split()]
say(killed=[code(os.kill, pid, 9) for pid in children if pid != os.getpid()])
try: say(cut=first.recv(9).decode())
except OSError as error: say(cut=errno.errorcode[error.errno])
say(refused=code(socket.create_connection, ("203.0.113.9", 443)))
for _ in range(100):
    try:
        again = socket.create_connection(("203.0.113.7", 443)); again.send(b"b"); got = again.recv(9).decode()
    except OSError: got = ""
    if got: break
    time.sleep(0.05)
say(after=got)
"""
    with echo() as port, broker(tmp_path, to={"203.0.113.7:443": port}) as made:
        found = run(tmp_path, text, made.path, scoped=False).found
    assert found["before"] == "a"
    assert found["killed"] == [0]
    assert found["cut"] in {"", "ECONNRESET"}
    assert found["refused"] == "EACCES"
    assert found["after"] == "b"


def test_with_its_scope_the_helper_cannot_be_signalled(tmp_path: Path) -> None:
    text = """
children = [int(pid) for pid in open("/proc/1/task/1/children").read().split()]
say(killed=[code(os.kill, pid, 9) for pid in children if pid != os.getpid()])
"""
    with broker(tmp_path) as made:
        assert run(tmp_path, text, made.path).found == {"killed": ["EPERM"]}


FLOOD = """
made, errors = [], {}
def count(number): errors[errno.errorcode[number]] = errors.get(errno.errorcode[number], 0) + 1
for _ in range(10000):
    try: s = socket.socket()
    except OSError as error: count(error.errno); continue
    s.setblocking(False); made.append(s); count(s.connect_ex(("203.0.113.7", 443)))
say(**errors)
for one in made: one.close()
end = time.monotonic() + 30
while time.monotonic() < end:
    try: server = socket.create_server(("127.0.0.1", 0)); break
    except OSError: time.sleep(0.1)
say(local=code(socket.create_connection, server.getsockname()))
time.sleep(60)
"""


def _memory(pid: int) -> int:
    """VmRSS in kB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS:")))


def test_10000_connects_at_once(tmp_path: Path) -> None:
    """A broker that never answers. Each call gets an errno, the guard stays the size it is, and obeys signals meanwhile."""
    with broker(tmp_path, to={"203.0.113.7:443": 1}) as made:
        made.pause = 300.0
        running = start(tmp_path, FLOOD, made.path, files=16384)
        assert running.stdout is not None
        guard = _child_of(running.pid)
        before = _memory(guard)
        errors, local = (json.loads(running.stdout.readline()) for _ in range(2))
        after, begun = _memory(guard), time.monotonic()
        os.kill(guard, signal.SIGTERM)
        _, err = running.communicate(timeout=30)
    assert time.monotonic() - begun < 15
    assert "Traceback" not in err, err
    assert sum(errors.values()) == 10000
    assert errors.keys() <= {"EINPROGRESS", "ENOBUFS", "ENFILE"}
    assert errors["ENOBUFS"] > 0
    assert errors["EINPROGRESS"] > 0
    assert local == {"local": 0}
    assert after - before < 64 * 1024


def test_sockets_that_are_closed_are_let_go(tmp_path: Path) -> None:
    """More of them than the guard can hold, unused, bound, and refused: a loop that waits for a port to open."""
    text = """
said = set()
for number in range(3000):
    with socket.socket() as s:
        if number % 3 == 1: s.bind(("127.0.0.1", 0))
        if number % 3 == 2: said.add(code(s.connect, ("127.0.0.1", 1)))
say(said=sorted(said))
"""
    assert run(tmp_path, text, files=512).found == {"said": ["ECONNREFUSED"]}


def test_a_guard_with_few_descriptors_says_so(tmp_path: Path) -> None:
    text = """
made, said = [], 0
while not said and len(made) < 1000:
    try: made.append(socket.socket())
    except OSError as error: said = errno.errorcode[error.errno]
kept = len(made)
server = made.pop(); server.bind(("127.0.0.1", 0)); server.listen()
client = made.pop()
say(error=said, kept=kept, still=code(client.connect, server.getsockname()))
made.clear()
time.sleep(1)
say(again=code(socket.socket))
"""
    found = run(tmp_path, text, files=256).found
    assert found["error"] in {"ENFILE", "EMFILE"}
    assert 64 <= found["kept"] <= 256
    assert (found["still"], found["again"]) == (0, 0)
