"""The real guard with supervised sockets around a Python program, and a small broker that stands for the real one."""

import base64
import errno
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from catalyst.guard import relay
from catalyst.policy.model import SystemCalls, Tier
from catalyst.render.seccomp import notify, program
from complaint import GUARD, write_plan
from support import open_to_all, wait_for

MACHINE = os.uname().machine
PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
PID_1 = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
# What every program below may use.
PRELUDE = """
import ctypes, errno, fcntl, json, os, select, signal, socket, struct, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def code(call, *arguments):
    "0, or the name of the errno"
    try: call(*arguments)
    except OSError as error: return errno.errorcode.get(error.errno, repr(error))
    return 0
def say(**found): print(json.dumps(found), flush=True)
def port_of(name): return int(os.environ[name])
"""


class Broker:
    """Answers CONNECT on a unix socket. `table`: "host:port" to a local port, an errno's name, or a function of the stream.

    Anything else is refused with 403. `asked` are (host:port, program) in order; `pause` is waited before a dial.
    """

    def __init__(self, folder: Path, table: Mapping[str, "int | str | Callable[[socket.socket], None]"]) -> None:
        self.path, self.table, self.pause = folder / "out.sock", dict(table), 0.0
        self.asked: list[tuple[str, str]] = []
        self._closed = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self.path.chmod(0o666)
        self._listener.listen(512)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                part = client.recv(1)
                if not part:
                    return
                head += part
            lines = head.decode("ascii").split("\r\n")
            where = lines[0].removeprefix("CONNECT ").removesuffix(" HTTP/1.1")
            named = [line.partition(": ")[2] for line in lines if line.startswith("Catalyst-Program: ")]
            self.asked.append((where, named[0] if named else ""))
            self._dial(client, self.table.get(where))

    def _dial(self, client: socket.socket, target: "int | str | Callable[[socket.socket], None] | None") -> None:
        if target is None:
            client.sendall(b"HTTP/1.1 403 Forbidden\r\nCatalyst-Reason: no rule\r\n\r\n")
            return
        if self._closed.wait(self.pause):  # the test is over, and so is the hold on its connections
            return
        if isinstance(target, str):
            status = "504 Gateway Timeout" if target == "ETIMEDOUT" else "502 Bad Gateway"
            client.sendall(f"HTTP/1.1 {status}\r\nCatalyst-Errno: {target}\r\n\r\n".encode())
        elif isinstance(target, int):
            with socket.create_connection(("127.0.0.1", target)) as far:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                relay.join(client, far)
        else:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            target(client)

    def close(self) -> None:
        """No more connections, dials that wait are given up; the socket's file is gone."""
        self._closed.set()
        self._listener.close()
        with suppress(FileNotFoundError):
            self.path.unlink()


@contextmanager
def broker(folder: Path, **table: Any) -> Iterator[Broker]:
    """A broker in `folder`; `table` is keyword "to" with a mapping."""
    made = Broker(folder, table.get("to", {}))
    try:
        yield made
    finally:
        made.close()


@contextmanager
def echo() -> Iterator[int]:
    """A server on loopback that answers every line with itself: its port."""
    with server(_echo) as port:
        yield port


def _echo(client: socket.socket) -> None:
    while part := client.recv(65536):
        client.sendall(part)


@contextmanager
def server(handle: Callable[[socket.socket], None], host: str = "127.0.0.1") -> Iterator[int]:
    """A server that handles each connection in a thread: its port."""
    listener = socket.create_server((host, 0), backlog=512)

    def one(client: socket.socket) -> None:
        with suppress(OSError), client:
            handle(client)

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=one, args=(client,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def egress(door: Path | None) -> dict[str, Any]:
    """The plan's value."""
    return {"filter": base64.b64encode(notify.assemble(MACHINE)).decode(), "door": str(door) if door else None}


def tier(level: Tier = Tier.NORMAL, *, datagrams: bool = False) -> str:
    """The plan's filter."""
    return base64.b64encode(program.compile(SystemCalls(level, datagrams, memory_programs=False), MACHINE)).decode()


def plan(folder: Path, text: str, door: Path | None, **change: Any) -> Path:
    """A plan whose workload is the Python program `text` after PRELUDE."""
    script = folder / "program.py"
    script.write_text(PRELUDE + text, encoding="utf-8")
    script.chmod(0o644)
    open_to_all(folder)
    good = {
        "argv": [PYTHON, "-B", str(script)], "egress": egress(door), "filter": tier(), "scoped": True, "processes": 1 << 16,
        "tcp_rules": {"bind": None, "connect": []}, "files": 4096, "env": {"PATH": "/usr/local/bin:/usr/bin:/bin"},
    }  # fmt: skip
    return write_plan(folder, {**good, **change})


class Ended(list[dict[str, Any]]):
    """The lines that the program said, decoded; `code` and `err` as they were."""

    code: int = 0
    err: str = ""

    @property
    def found(self) -> dict[str, Any]:
        """All lines in one."""
        return {key: value for line in self for key, value in line.items()}


def start(folder: Path, text: str, door: Path | None = None, *, within: Sequence[str] = (), first: bool = True,
          inherited: Sequence[int] = (), **change: Any) -> "subprocess.Popen[str]":  # fmt: skip
    """The guard, with `text` as its workload. `within`: words before its own; `first`: it is PID 1 of its own namespace;
    `inherited`: descriptors that it is started with."""
    file = plan(folder, text, door, **change)
    return subprocess.Popen(
        [*within, *(PID_1 if first else ()), PYTHON, "-I", "-S", "-B", str(GUARD), str(file)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        pass_fds=inherited,
    )  # fmt: skip


def run(folder: Path, text: str, door: Path | None = None, *, timeout: float = 60, **change: Any) -> Ended:
    """Run `text` under the guard to its end."""
    running = start(folder, text, door, **change)
    out, err = running.communicate(timeout=timeout)
    ended = Ended(json.loads(line) for line in out.splitlines() if line.startswith("{"))
    ended.code, ended.err = running.returncode, err
    assert "Traceback" not in err, err
    return ended


def unsupervised(folder: Path, text: str, **change: Any) -> Ended:
    """The same without supervision and without a filter: the positive control."""
    return run(folder, text, None, egress=None, tcp_rules=None, filter=None, **change)


class Far:
    """A machine beyond a network device: `within` puts a command on this side of it. `reached` counts its connections."""

    address, address6, port = "10.213.7.2", "fd13:7::2", 7000
    _SERVE = (
        "import socket, sys\n"
        "server = socket.create_server(('::', 7000), family=socket.AF_INET6, dualstack_ipv6=True)\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    client, peer = server.accept()\n"
        "    print(peer[0], flush=True)\n"
        "    client.sendall(b'FAR')\n"
        "    client.close()\n"
    )

    def __init__(self, log: Path) -> None:
        near, far = (f"catalyst-{side}-{os.getpid()}" for side in ("near", "far"))
        self._names, self._log = (near, far), log
        self.within = ["ip", "netns", "exec", near]
        for words in (
            f"netns add {near}", f"netns add {far}",
            f"link add cfar0 netns {near} type veth peer name cfar1 netns {far}",
            f"-n {near} addr add 10.213.7.1/24 dev cfar0", f"-n {far} addr add {self.address}/24 dev cfar1",
            f"-n {near} addr add fd13:7::1/64 dev cfar0 nodad", f"-n {far} addr add {self.address6}/64 dev cfar1 nodad",
            *(f"-n {name} link set {device} up" for name, device in
              ((near, "lo"), (far, "lo"), (near, "cfar0"), (far, "cfar1"))),
        ):  # fmt: skip
            subprocess.run(["ip", *words.split()], check=True, capture_output=True, text=True)
        for name in (near, far):
            subprocess.run(["ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.tcp_fastopen=3"], check=True)
        with log.open("wb") as out:
            self._server = subprocess.Popen(["ip", "netns", "exec", far, PYTHON, "-c", self._SERVE], stdout=out)
        wait_for(lambda: "ready" in log.read_text(encoding="ascii"), "the far server")

    @property
    def reached(self) -> int:
        """Connections so far."""
        return len(self._log.read_text(encoding="ascii").splitlines()) - 1

    def close(self) -> None:
        """Take it all away."""
        self._server.kill()
        self._server.wait()
        for name in self._names:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def name(number: int) -> str:
    """An errno's name."""
    return errno.errorcode[number]
