"""Runs in the sandbox: looks for a token wherever a program there can look, and says where it was.

`python token_search.py < PATTERNS`: what to look for, a word each, in hex and backwards, so that looking for it does not
plant it; prints a JSON object with `looked` (how much of each kind was seen) and `hits`. Its own memory it leaves out.
"""

import base64
import json
import os
import re
import socket
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

MOST = 64 << 20
KNOWN = [form for wanted in (bytes.fromhex(word[::-1]) for word in sys.stdin.read().split()) for form in (
    wanted, wanted.hex().encode(), wanted[::-1],
    *(base64.b64encode(bytes(offset) + wanted)[offset + 1 : (offset + len(wanted)) * 8 // 6] for offset in range(3)),
)]  # fmt: skip
looked: Counter[str] = Counter()
hits: list[str] = []


def see(where: str, kind: str, data: bytes) -> None:
    looked[kind] += 1
    if any(form in data for form in KNOWN):
        hits.append(where)


def processes() -> Iterator[str]:
    return (name for name in os.listdir("/proc") if name.isdecimal() and int(name) != os.getpid())


def of_processes() -> None:
    for pid in processes():
        for file in ("environ", "cmdline", "maps", "status", "stack", "auxv"):
            with suppress(OSError):
                see(f"/proc/{pid}/{file}", file, Path(f"/proc/{pid}/{file}").read_bytes())
        with suppress(OSError):
            memory(pid)
        with suppress(OSError):
            for number in os.listdir(f"/proc/{pid}/fd"):
                file_at(f"/proc/{pid}/fd/{number}", "descriptors")


def memory(pid: str) -> None:
    areas = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) r", Path(f"/proc/{pid}/maps").read_text(), re.MULTILINE)
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for begin, end in areas:
            at, last, tail = int(begin, 16), int(end, 16), b""
            while at < last:
                with suppress(OSError, ValueError, OverflowError):
                    mem.seek(at)
                    piece = mem.read(min(1 << 20, last - at))
                    see(f"/proc/{pid}/mem", "memory", tail + piece)
                    tail = piece[-256:]
                at += 1 << 20


def file_at(path: str, kind: str) -> None:
    with suppress(OSError):
        if not stat.S_ISREG(os.stat(path).st_mode):
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            see(path, kind, os.pread(descriptor, MOST, 0))
        finally:
            os.close(descriptor)


def of_files() -> None:
    """Everything but the system's own folders, which came from the distribution, and the kernel's."""
    own = {"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "proc", "sys", "dev", "boot"}
    for top in (*(f"/{name}" for name in os.listdir("/") if name not in own), "/dev/shm", "/proc/self/cwd/."):
        file_at(top, "files")
        for folder, _, names in os.walk(top):
            for name in names:
                file_at(os.path.join(folder, name), "files")


BROKERS = ("/run/catalyst/out/out.sock", "/run/catalyst/out/egress.sock", "/run/catalyst/egress.sock",
           "/data/.catalyst/session/out/out.sock", "/data/.catalyst/session/egress.sock")  # fmt: skip


def sockets() -> list[str]:
    """Every other name that the kernel lists (proc_pid_net(5)), where "@" stands for NUL."""
    fields = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    return [name.replace("@", "\0", 1) for name in dict.fromkeys(one[7] for one in fields if len(one) > 7)]


def of_the_gateway() -> None:
    """What any server on loopback answers, the gateway among them where it is in sight."""
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines() if line.split()[3] == "0A"]
    for port in {int(one.rpartition(":")[2], 16) for one in listening}:
        for path in ("/", "/catalyst", "/catalyst/state", "/healthz", "/metrics", "/system_stats"):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as peer:
                peer.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                see(f"127.0.0.1:{port}{path}", "servers", peer.recv(1 << 20))


def of_the_broker() -> None:
    """Whatever its socket answers to, the control socket's words among it."""
    requests = [b'{"do": "list"}\n', b'{"do": "watch"}\n', b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0\0\0\0",
                *(f"{method} http://{host}/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n".encode()
                  for method in ("GET", "POST", "TRACE", "OPTIONS")
                  for host in ("hub.catalyst.internal", "localhost", "broker", "127.0.0.1", "198.18.0.1"))]
    requests += [f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
                 for host in ("hub.catalyst.internal:80", "hub.catalyst.internal:443", "198.18.0.1:80", "localhost:80")]
    asked = [(path, request) for number, request in enumerate(requests)
             for path in (*BROKERS, *(sockets() if number < 3 else ()))]  # fmt: skip
    with ThreadPoolExecutor(16) as pool:  # many of them never answer
        for (path, request), answer in zip(asked, pool.map(lambda pair: said_by(*pair), asked), strict=True):
            if answer is not None:
                see(f"{path} {request[:40]!r}", "broker", answer)


def said_by(path: str, request: bytes) -> bytes | None:
    """What the socket answers within 2 s; None for nothing."""
    answer = None
    with suppress(OSError), socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(2)
        peer.connect(path)
        peer.sendall(request)
        answer = peer.recv(1 << 20)
        if request.startswith(b"CONNECT") and b" 200 " in answer:
            peer.sendall(b"GET /api/whoami-v2 HTTP/1.1\r\nHost: hub.catalyst.internal\r\n\r\n")
            answer += peer.recv(1 << 20)
    return answer


def of_a_crash() -> None:
    """A core dump, of a child that asks for one."""
    crash = "import os, resource; resource.setrlimit(resource.RLIMIT_CORE, (-1, -1)); os.abort()"
    with suppress(OSError):
        subprocess.run([sys.executable, "-c", crash], cwd="/tmp", stderr=subprocess.DEVNULL)
    looked["crashes"] += 1


of_a_crash()
of_processes()
of_files()
of_the_broker()
of_the_gateway()
print(json.dumps({"looked": looked, "hits": sorted(set(hits))}))
