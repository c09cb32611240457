"""A network of its own for the broker: names that lead to public, private and metadata addresses, all of them stubs here.

Outside, `world` starts it under bubblewrap; inside, this file runs as a program: it lets every address of some networks
end at this machine (AnyIP, ip-route(8) type local), listens on the ports of the web, writes down what arrives, and
becomes the unmodified broker. Nothing leaves: the namespace has loopback only.
"""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__)
# Not loopback for the broker: the kernel sends from SOURCE, so none of these looks like its own.
SOURCE = "10.255.255.1"
PUBLIC, OTHER = "93.184.216.34", "93.184.216.35"
NETWORKS = (f"{PUBLIC}/24", "10.0.0.0/24", "169.254.169.254/32", "100.100.100.200/32")
NAMES = {"good.test": PUBLIC, "other.test": OTHER, "private.test": "10.0.0.7", "meta.test": "169.254.169.254",
         "alibaba.test": "100.100.100.200", "loop.test": "127.0.0.1", "sub.good.test": PUBLIC}  # fmt: skip
TWO = (("both.test", PUBLIC), ("both.test", "10.0.0.7"))  # one public answer and one private
PORTS = (443, 80, 8080, 22, 3333)
BANNER = b"SSH-2.0-stub\r\n"


@contextmanager
def world(folder: Path, rules: Sequence[str], reach: str = "hosts", *, private: bool = False) -> Iterator["Path"]:
    """A broker in its own network; `folder` holds its sockets, its log, and `reached`, a line for each arrival."""
    hosts = folder / "hosts"
    hosts.write_text("".join(f"{address} {name}\n" for name, address in [*NAMES.items(), *TWO]))
    (folder / "config").write_text(json.dumps({"version": 1, "reach": reach, "private": private, "rules": list(rules)}))
    folder.chmod(0o777)
    mapped = [] if os.geteuid() == 0 else ["--unshare-user", "--uid", "0", "--gid", "0"]
    argv = ["bwrap", *mapped, "--unshare-net", "--bind", "/", "/", "--dev", "/dev", "--ro-bind", str(hosts), "/etc/hosts",
            "--cap-add", "CAP_NET_ADMIN", "--cap-add", "CAP_NET_BIND_SERVICE", "--cap-add", "CAP_SETPCAP", "--cap-add", "CAP_SETUID",
            "--cap-add", "CAP_SETGID", "--die-with-parent", sys.executable, str(HERE), str(folder)]  # fmt: skip
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        yield folder
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


def reached(folder: Path) -> list[tuple[str, int, str]]:
    """What arrived: address, port, bytes."""
    path = folder / "reached"
    return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def _inside(folder: Path) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "addr", "add", f"{SOURCE}/32", "dev", "lo"], check=True)
    for network in NETWORKS:
        # ip-route(8) wants the network's own address
        base = network if not network.endswith("/24") else network.rsplit(".", 1)[0] + ".0/24"
        subprocess.run(["ip", "route", "add", "local", base, "dev", "lo", "src", SOURCE], check=True)
    written = (folder / "reached").open("a", buffering=1)
    for port in PORTS:
        listener = socket.create_server(("0.0.0.0", port), backlog=64)
        threading.Thread(target=_serve, args=(listener, port, written), daemon=True).start()
    broker = _broker(folder)
    print("ready", flush=True)
    while sys.stdin.buffer.read1(4096):
        pass
    assert broker.stdin is not None
    broker.stdin.close()
    broker.wait(10)


def _broker(folder: Path) -> "subprocess.Popen[bytes]":
    from brokers import listening

    listeners = [listening(folder / name) for name in ("out.sock", "control.sock")]
    log = os.open(folder / "log", os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    config = os.open(folder / "config", os.O_RDONLY)
    passed = [listeners[0].fileno(), config, log, listeners[1].fileno()]
    options = [word for option, number in zip(("listener", "config", "log", "control"), passed, strict=True)
               for word in (f"--{option}", str(number))]  # fmt: skip
    return subprocess.Popen([sys.executable, "-P", "-m", "catalyst.services.broker", *options], pass_fds=passed, stdin=subprocess.PIPE)


def _serve(listener: socket.socket, port: int, written: "object") -> None:
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=_one, args=(peer, port, written), daemon=True).start()


def _one(peer: socket.socket, port: int, written: "object") -> None:
    """Say the banner where the server speaks first; write down what comes, and send it back."""
    with peer:
        address = peer.getsockname()[0]
        if port == 22:
            peer.sendall(BANNER)
        while data := peer.recv(65536):
            print(json.dumps([address, port, data.decode("latin-1")]), file=written)  # type: ignore[call-overload]  # a text file
            peer.sendall(data)


if __name__ == "__main__":
    _inside(Path(sys.argv[1]))
