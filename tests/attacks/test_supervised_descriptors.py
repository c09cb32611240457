"""Sockets that are not the guard's: inherited, passed in, made by other calls. And what must never be the workload's."""

import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from supervised import Far, echo, run, start, unsupervised

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes namespaces")


def test_an_inherited_socket_is_not_there(tmp_path: Path) -> None:
    text = "say(open=[n for n in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{n}') and int(n) > 2])"
    with echo() as port, socket.create_connection(("127.0.0.1", port)) as connected, socket.socket() as fresh:
        for one in (connected, fresh):
            one.set_inheritable(True)
        running = start(tmp_path, text, inherited=[connected.fileno(), fresh.fileno()])
        assert running.communicate(timeout=60) == ('{"open": []}\n', "")


PASSED = """
door = socket.socket(socket.AF_UNIX); door.connect("%s")
_, descriptors, _, _ = socket.recv_fds(door, 1, 1)
s = socket.socket(fileno=descriptors[0])
address = ("10.213.7.2", 7000)
say(connect=code(s.connect, address), fast=code(s.sendto, b"x", socket.MSG_FASTOPEN, address))
s.settimeout(2)
say(got=code(s.recv, 3) or "FAR")
"""


def _pass_a_socket(path: Path) -> socket.socket:
    """Whoever connects is sent a TCP socket that no guard made."""
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(path))
    path.chmod(0o777)
    door.listen()

    def serve() -> None:
        client, _ = door.accept()
        with client, socket.socket() as outside:
            socket.send_fds(client, [b"x"], [outside.fileno()])

    threading.Thread(target=serve, daemon=True).start()
    return door


@pytest.mark.parametrize("landlock", [True, False])
def test_a_socket_passed_in_cannot_be_connected(tmp_path: Path, far: Far, landlock: bool) -> None:
    before = far.reached
    change: dict[str, Any] = {} if landlock else {"tcp_rules": None}
    with _pass_a_socket(tmp_path / "door"):
        found = run(tmp_path, PASSED % (tmp_path / "door"), within=far.within, **change).found
    assert (found["connect"], found["fast"], found["got"]) == ("EACCES", "EPERM", "ENOTCONN")
    assert far.reached == before


def test_unsupervised_it_can(tmp_path: Path) -> None:
    with echo() as port, _pass_a_socket(tmp_path / "door"):
        text = PASSED.replace('("10.213.7.2", 7000)', f'("127.0.0.1", {port})') % (tmp_path / "door")
        assert unsupervised(tmp_path, text).found["connect"] == 0


def test_a_supervised_socket_passed_on_is_still_the_guards(tmp_path: Path, far: Far) -> None:
    text = """
one, other = socket.socketpair()
server = socket.create_server(("127.0.0.1", 0))
for address in (server.getsockname(), ("10.213.7.2", 7000)):
    if not os.fork():
        _, descriptors, _, _ = socket.recv_fds(other, 1, 1)
        say(**{address[0]: code(socket.socket(fileno=descriptors[0]).connect, address)})
        os._exit(0)
    made = socket.socket(); socket.send_fds(one, [b"x"], [made.fileno()]); made.close(); os.wait()
"""
    assert run(tmp_path, text, within=far.within).found == {"127.0.0.1": 0, "10.213.7.2": "EACCES"}


# Twice, since the guard starts it again: the second one must not inherit the listener of the first.
LISTENER = """
import glob
links = {path: os.readlink(path) for path in glob.glob("/proc/[0-9]*/fd/*") if os.path.lexists(path)}
say(pid=os.getpid(), notify=[path for path, link in links.items() if "seccomp" in link], seen=len(links))
sys.exit(1)
"""


def test_nobody_but_the_guard_has_the_listener(tmp_path: Path) -> None:
    ended = run(tmp_path, LISTENER, restarts=1, command=False)
    assert len({line["pid"] for line in ended}) == 2
    assert [line["notify"] for line in ended] == [[], []]
    assert all(line["seen"] > 2 for line in ended)


def test_other_ways_to_a_stream(tmp_path: Path) -> None:
    """io_uring, MPTCP, SCTP, SMC; and the same without the tier's filter, where the guard is asked about the first three."""
    text = """
def call(number, *arguments): return 0 if libc.syscall(number, *arguments) >= 0 else errno.errorcode[ctypes.get_errno()]
say(io_uring=call(425, 8, ctypes.create_string_buffer(120)), mptcp=code(socket.socket, 2, 1, 262),
    sctp=code(socket.socket, 2, 1, 132), smc=code(socket.socket, 43, 1, 0), odd=code(socket.socket, 2, 1 | 1 << 20))
"""
    found = run(tmp_path, text).found
    assert found == {"io_uring": "EPERM", "mptcp": "EPERM", "sctp": "EPERM", "smc": "EPERM", "odd": "EINVAL"}
    bare = run(tmp_path, text, filter=None).found
    assert (bare["mptcp"], bare["sctp"], bare["odd"]) == ("EPROTONOSUPPORT", "EPROTONOSUPPORT", "EINVAL")
    assert unsupervised(tmp_path, text).found["mptcp"] == 0


def test_a_caller_that_may_not_be_looked_at_is_refused(tmp_path: Path) -> None:
    text = """
server = socket.create_server(("127.0.0.1", 0))
s = socket.socket(); say(before=code(socket.socket().connect, server.getsockname()))
libc.prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
say(after=code(s.connect, server.getsockname()))
"""
    assert run(tmp_path, text).found == {"before": 0, "after": "EACCES"}


def test_abstract_sockets_go_on_to_the_kernel_and_its_scope(tmp_path: Path) -> None:
    text = """
mine = socket.socket(socket.AF_UNIX); mine.bind("\\0catalyst-inside"); mine.listen()
say(mine=code(socket.socket(socket.AF_UNIX).connect, "\\0catalyst-inside"),
    theirs=code(socket.socket(socket.AF_UNIX).connect, "\\0catalyst-outside"),
    wrong=code(socket.socket().connect, ("127.0.0.1", 1)))
"""
    with socket.socket(socket.AF_UNIX) as outside:
        outside.bind("\0catalyst-outside")
        outside.listen()
        assert run(tmp_path, text).found == {"mine": 0, "theirs": "EPERM", "wrong": "ECONNREFUSED"}
        assert unsupervised(tmp_path, text, scoped=False).found["theirs"] == 0
