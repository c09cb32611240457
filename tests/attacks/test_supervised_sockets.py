"""What a program may expect of TCP sockets still holds when the guard makes and connects them: options, bind, dup and epoll
before connect, the ports that are free again after close, time-outs, errors."""

import os
from pathlib import Path

import pytest

from supervised import broker, echo, run, server

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes namespaces")
FAR = "203.0.113.7:443"


def test_what_is_done_before_connect_survives(tmp_path: Path) -> None:
    text = """
s = socket.socket()
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1); s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
s.bind(("127.0.0.1", 0)); port = s.getsockname()[1]
copy, events = s.dup(), select.epoll(); events.register(s, select.EPOLLIN)
s.settimeout(5); s.connect(("203.0.113.7", 443))
options = (socket.IPPROTO_TCP, socket.TCP_NODELAY), (socket.SOL_SOCKET, socket.SO_KEEPALIVE)
say(options=[copy.getsockopt(*one) for one in options],
    port=copy.getsockname()[1] == port, flags=fcntl.fcntl(copy, fcntl.F_GETFL) & os.O_NONBLOCK != 0)
copy.send(b"hello"); say(event=len(events.poll(5)) > 0, got=s.recv(9).decode())
t = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
say(nonblock=fcntl.fcntl(t, fcntl.F_GETFL) & os.O_NONBLOCK != 0, cloexec=fcntl.fcntl(t, fcntl.F_GETFD))
u = libc.socket(2, 1, 0); say(inheritable=fcntl.fcntl(u, fcntl.F_GETFD))
b = socket.socket(); b.connect(("203.0.113.7", 443)); say(blocks=fcntl.fcntl(b, fcntl.F_GETFL) & os.O_NONBLOCK == 0)
say(second=code(b.connect, ("203.0.113.7", 443)))
b.shutdown(socket.SHUT_WR); say(half_closed=b.recv(9).decode())
"""
    with echo() as port, broker(tmp_path, to={FAR: port}) as made:
        found = run(tmp_path, text, made.path).found
    assert found == {
        "options": [1, 1], "port": True, "flags": True, "event": True, "got": "hello", "nonblock": True, "cloexec": 1,
        "inheritable": 0, "blocks": True, "second": "EISCONN", "half_closed": "",
    }  # fmt: skip


def test_a_closed_port_is_free_again(tmp_path: Path) -> None:
    """The guard's own hold on a socket must not show."""
    text = """
for _ in range(20):
    s = socket.socket(); s.bind(("127.0.0.1", 0)); port = s.getsockname()[1]; s.close()
    t = socket.socket(); t.bind(("127.0.0.1", port)); t.listen(); t.close()
    say(refused=code(socket.create_connection, ("127.0.0.1", port)))
    u = socket.socket(); u.bind(("127.0.0.1", port)); u.close()
s = socket.socket(); s.bind(("127.0.0.1", 0)); t = socket.socket()
say(taken=code(t.bind, s.getsockname()))
"""
    assert run(tmp_path, text).found == {"refused": "ECONNREFUSED", "taken": "EADDRINUSE"}


def test_only_the_workloads_own_port_where_the_rules_say_so(tmp_path: Path) -> None:
    text = """
s = socket.socket(); say(own=code(s.bind, ("127.0.0.1", 8188)), listens=code(s.listen))
say(other=code(socket.socket().bind, ("127.0.0.1", 8189)), autobind=code(socket.socket().listen),
    six=code(socket.socket(socket.AF_INET6).listen), again=code(s.listen, 5))
"""
    assert run(tmp_path, text, tcp_rules={"bind": [8188], "connect": []}).found == {
        "own": 0, "listens": 0, "other": "EACCES", "autobind": "EACCES", "six": "EACCES", "again": 0,
    }  # fmt: skip
    assert run(tmp_path, text).found["autobind"] == 0


ERRORS = """
def late(target, family=socket.AF_INET):
    s = socket.socket(family); s.setblocking(False); begun = time.monotonic()
    said = s.connect_ex(target)
    if said == errno.EINPROGRESS:
        poll = select.poll(); poll.register(s, select.POLLOUT); poll.poll(10000); said = s.getsockopt(1, socket.SO_ERROR)
    return errno.errorcode.get(said, said), time.monotonic() - begun
hosts = {"refused": "203.0.113.1", "dead": "203.0.113.2", "unreachable": "203.0.113.3", "late": "203.0.113.4"}
for key, host in hosts.items():
    say(**{key: [code(socket.create_connection, (host, 443)), *late((host, 443))]})
"""


def test_errors_name_what_happened_at_once(tmp_path: Path) -> None:
    to = {"203.0.113.2:443": "ECONNREFUSED", "203.0.113.3:443": "EHOSTUNREACH", "203.0.113.4:443": "ETIMEDOUT"}
    with broker(tmp_path, to=to) as made:
        found = run(tmp_path, ERRORS, made.path).found
        made.pause = 0.2  # longer than a caller waits that does not want to
        slow = run(tmp_path, ERRORS, made.path).found
    assert [found[key][:2] for key in found] == [["EACCES"] * 2, ["ECONNREFUSED"] * 2, ["EHOSTUNREACH"] * 2,
                                                 ["ETIMEDOUT"] * 2]  # fmt: skip
    assert [slow[key][:2] for key in slow] == [["EACCES"] * 2, ["ECONNREFUSED", "ECONNRESET"],
                                               ["EHOSTUNREACH", "ECONNRESET"], ["ETIMEDOUT", "ECONNRESET"]]  # fmt: skip
    made.close()
    assert [run(tmp_path, ERRORS, made.path).found[key][0] for key in found] == ["ENETDOWN"] * 4
    assert [run(tmp_path, ERRORS).found[key][0] for key in found] == ["EACCES"] * 4


def test_a_slow_dial(tmp_path: Path) -> None:
    """A socket that does not block is in SYN_SENT meanwhile, as with a far host: no event, no peer, then both."""
    text = """
s = socket.socket(); s.setblocking(False); begun = time.monotonic()
say(first=errno.errorcode[s.connect_ex(("203.0.113.7", 443))], returned=time.monotonic() - begun < 0.3)
poll = select.poll(); poll.register(s, select.POLLOUT)
say(early=len(poll.poll(100)), peer=code(s.getpeername), second=errno.errorcode[s.connect_ex(("203.0.113.7", 443))])
say(event=poll.poll(10000)[0][1], waited=time.monotonic() - begun > 0.4, error=s.getsockopt(1, socket.SO_ERROR))
s.setblocking(True); s.send(b"hello"); say(got=s.recv(9).decode(), third=code(s.connect, ("203.0.113.7", 443)))
b = socket.socket(); b.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", 0, 100000))
say(bounded=code(b.connect, ("203.0.113.7", 443)))
signal.signal(signal.SIGALRM, lambda *_: None); signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
c = socket.socket(); c.connect(("203.0.113.7", 443)); signal.setitimer(signal.ITIMER_REAL, 0)
c.send(b"again"); say(signalled=c.recv(9).decode())
d = socket.socket(); d.setblocking(False); d.connect_ex(("203.0.113.7", 443))
say(forget=libc.connect(d.fileno(), bytes(16), 16), local=code(d.getpeername))
"""
    with echo() as port, broker(tmp_path, to={FAR: port}) as made:
        made.pause = 0.5
        found = run(tmp_path, text, made.path).found
    assert found == {
        "first": "EINPROGRESS", "returned": True, "early": 0, "peer": "ENOTCONN", "second": "EALREADY", "event": 4,
        "waited": True, "error": 0, "got": "hello", "third": "EISCONN", "bounded": "EINPROGRESS", "signalled": "again",
        "forget": 0, "local": "ENOTCONN",
    }  # fmt: skip


def test_loopback_as_it_was(tmp_path: Path) -> None:
    text = """
server = socket.create_server(("127.0.0.1", 0)); port = server.getsockname()[1]
for host in ("127.0.0.1", "0.0.0.0"):
    say(**{host: code(socket.create_connection, (host, port))})
any6 = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
for host in ("::1", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0"):
    s = socket.socket(socket.AF_INET6); say(**{host: code(s.connect, (host, any6.getsockname()[1]))})
full = socket.create_server(("127.0.0.1", 0), backlog=0); kept = socket.create_connection(full.getsockname())
s = socket.socket(); s.settimeout(0.3); say(full=code(s.connect, full.getsockname()))
b = socket.socket()
threading.Timer(0.3, lambda: (full.accept(), full.accept())).start()
say(drained=code(b.connect, full.getsockname()))
again = socket.socket(); say(first=code(again.connect, ("127.0.0.1", 1)), second=code(again.connect, ("127.0.0.1", port)))
def raw(number, pointer, length): return libc.connect(number, pointer, length) and errno.errorcode[ctypes.get_errno()]
made = socket.socket(); address = ctypes.create_string_buffer(16)
say(pointer=raw(made.fileno(), ctypes.c_void_p(8), 16), high=raw(made.fileno(), ctypes.c_void_p(-16), 16),
    huge=raw(made.fileno(), address, 1 << 30),
    negative=raw(made.fileno(), address, -1), short=raw(made.fileno(), address, 1),
    number=raw(999, address, 16), file=raw(0, address, 16))
"""
    found = run(tmp_path, text).found
    assert found.pop("full") == "TimeoutError('timed out')"
    assert (found.pop("first"), found.pop("second")) == ("ECONNREFUSED", 0)
    kernel = {"pointer": "EFAULT", "high": "EFAULT", "huge": "EINVAL", "negative": "EINVAL", "short": "EINVAL",
              "number": "EBADF", "file": "ENOTSOCK"}  # fmt: skip
    assert {key: found.pop(key) for key in kernel} == kernel
    assert set(found.values()) == {0}, found


def test_many_bytes_both_ways_and_a_server_that_speaks_first(tmp_path: Path) -> None:
    text = """
import hashlib
s = socket.create_connection(("203.0.113.7", 443)); sent, seen = hashlib.sha256(), hashlib.sha256()
block = os.urandom(1 << 20)
def send():
    for _ in range(32): s.sendall(block); sent.update(block)
    s.shutdown(socket.SHUT_WR)
thread = threading.Thread(target=send); thread.start()
while part := s.recv(1 << 16): seen.update(part)
thread.join(); say(same=sent.digest() == seen.digest())
g = socket.create_connection(("203.0.113.8", 22)); say(greeting=g.recv(99).decode())
"""
    with (
        echo() as port,
        server(lambda client: client.sendall(b"SSH-2.0-x")) as ssh,
        broker(tmp_path, to={FAR: port, "203.0.113.8:22": ssh}) as made,
    ):
        assert run(tmp_path, text, made.path).found == {"same": True, "greeting": "SSH-2.0-x"}


def test_names_are_asked_of_the_broker(tmp_path: Path) -> None:
    text = """
s = socket.create_connection(("127.0.0.1", 53)); s.send(b"query"); say(got=s.recv(9).decode())
say(other=code(socket.create_connection, ("127.0.0.53", 53)))
"""
    with echo() as port, broker(tmp_path, to={"127.0.0.1:53": port}) as made:
        assert run(tmp_path, text, made.path).found == {"got": "query", "other": "EACCES"}


def test_the_caller_is_named(tmp_path: Path) -> None:
    text = 'libc.prctl(15, b"odd name\\r\\nX: y"); code(socket.create_connection, ("203.0.113.7", 443))'
    with broker(tmp_path) as made:
        run(tmp_path, text, made.path)
        assert made.asked == [(FAR, "odd%20name%0D%0AX%3A%20y")]
