"""What the way out costs: the broker against a direct connection, squid and tinyproxy, in one run.

    python bench/egress.py [--rounds N] [--gib N] [--connects N]

One stream through CONNECT from a local source that knows its bytes beforehand (sendfile(2)), to a client that throws
them away; then CONNECTs in sequence. Rounds are interleaved, so that a busy moment hits all alike; medians and ratios go
to stdout. CPU is the relay's own, by /proc/PID/stat, its threads and children included. A peer that is not installed is
named. Each figure is a function in FIGURES.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("src", "tests")]

from brokers import broker, head_of, sent  # noqa: E402  # the path is set above

GIB = 1 << 30
TICKS = os.sysconf("SC_CLK_TCK")
SQUID = """http_port 127.0.0.1:{port}
acl all_hosts src all
http_access allow all_hosts
cache deny all
access_log none
cache_log {folder}/squid.log
pid_filename none
shutdown_lifetime 0 seconds
"""
TINYPROXY = """Port {port}
Listen 127.0.0.1
Timeout 600
MaxClients 200
LogLevel Critical
"""


class Peer:
    """A way to the source: `open` gives a connection that stands; `pid` of the program in between, 0 for none."""

    def __init__(self, connect: Callable[[], socket.socket], pid: int) -> None:
        self.open, self.pid = connect, pid


def source(payload: int) -> int:
    """A server's port: it reads a number and a line end, and sends so many bytes of a file in memory."""
    file = os.memfd_create("source")
    os.ftruncate(file, payload)
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)

    def serve(peer: socket.socket) -> None:
        with peer:
            wanted = int(peer.recv(32) or b"0")
            done = 0
            while done < wanted:
                done += os.sendfile(peer.fileno(), file, done % payload, min(wanted - done, payload - done % payload))

    def accept() -> None:
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1])


def cpu(pid: int) -> float:
    """Seconds of processor that a process and the children it waited for took."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICKS


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def program(argv: Sequence[str], port: int) -> Iterator[int]:
    """A proxy that runs for a block, as an ordinary user; its process id."""
    user = {"user": 1000, "group": 1000, "extra_groups": []} if os.geteuid() == 0 else {}
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user)  # type: ignore[call-overload]  # mypy wants the keywords one by one
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        assert process.poll() is None, f"{argv[0]} ended"
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def over_tcp(proxy: int, port: int) -> Callable[[], socket.socket]:
    """A CONNECT through a proxy on loopback."""

    def connect() -> socket.socket:
        peer = socket.create_connection(("127.0.0.1", proxy))
        peer.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        assert head_of(peer)[0] == 200
        return peer

    return connect


def over_broker(path: Path, port: int) -> Callable[[], socket.socket]:
    """A CONNECT through the broker's socket."""

    def connect() -> socket.socket:
        peer = sent(path, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        assert head_of(peer)[0] == 200
        return peer

    return connect


def peers(stack: ExitStack, folder: Path, port: int) -> Mapping[str, Peer]:
    """Everything that is here, running until the stack ends."""
    running = stack.enter_context(broker(folder, [f"127.0.0.1:{port}"]))
    found = {
        "direct": Peer(lambda: socket.create_connection(("127.0.0.1", port)), 0),
        "broker": Peer(over_broker(folder / "out.sock", port), running.process.pid),
    }
    for name, text, options in (("squid", SQUID, ["-N", "-f"]), ("tinyproxy", TINYPROXY, ["-d", "-c"])):
        if shutil.which(name) is None:
            print(f"{name} is not installed: no figure (apt-get install {name})")
            continue
        proxy, file = free_port(), folder / f"{name}.conf"
        file.write_text(text.format(port=proxy, folder=folder))
        found[name] = Peer(over_tcp(proxy, port), stack.enter_context(program([name, *options, str(file)], proxy)))
    return found


def throughput(found: Mapping[str, Peer], options: argparse.Namespace) -> None:
    """MB/s of one stream, and processor seconds of the relay for each GB."""
    speeds: dict[str, list[float]] = {name: [] for name in found}
    costs: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(options.rounds):
        for name, peer in found.items():
            before, start = cpu(peer.pid) if peer.pid else 0.0, time.perf_counter()
            received(peer, options.gib * GIB)
            speeds[name].append(options.gib * GIB / 1e6 / (time.perf_counter() - start))
            costs[name].append((cpu(peer.pid) - before) / (options.gib * GIB / 1e9) if peer.pid else 0.0)
    for name in found:
        cost = f"{statistics.median(costs[name]):6.2f} CPU s/GB" if found[name].pid else ""
        print(f"{name:10} {statistics.median(speeds[name]):8.0f} MB/s {cost}")
    ratios("throughput", speeds)
    ratios("CPU per byte", {name: values for name, values in costs.items() if found[name].pid})


def received(peer: Peer, count: int) -> None:
    """Take so many bytes; all of them must come."""
    buffer = bytearray(1 << 20)
    with peer.open() as connection:
        connection.settimeout(None)
        connection.sendall(f"{count}\n".encode())
        left = count
        while left:
            taken = connection.recv_into(buffer)
            assert taken, f"{left} bytes are missing"
            left -= taken


def connects(found: Mapping[str, Peer], options: argparse.Namespace) -> None:
    """Connections that stand, one after the other, for each second."""
    rates: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(options.rounds):
        for name, peer in found.items():
            start = time.perf_counter()
            for _ in range(options.connects):
                peer.open().close()
            rates[name].append(options.connects / (time.perf_counter() - start))
    for name, values in rates.items():
        print(f"{name:10} {statistics.median(values):8.0f} connects/s")
    ratios("connects", rates)


def ratios(what: str, values: Mapping[str, Sequence[float]]) -> None:
    """The broker against each other one: median of the rounds' own ratios."""
    for name in values:
        if name != "broker" and all(values[name]):
            each = [ours / theirs for ours, theirs in zip(values["broker"], values[name], strict=True)]
            print(f"{what}: broker / {name}: {statistics.median(each):.2f}")


FIGURES = (throughput, connects)


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gib", type=int, default=1, help="size of one stream")
    parser.add_argument("--connects", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        folder.chmod(0o777)
        found = peers(stack, folder, source(64 << 20))
        for figure in FIGURES:
            figure(found, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
