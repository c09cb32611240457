"""What supervision costs: socket(2) + connect(2) + close(2) to a server on loopback, supervised against plain, in one run;
then through a broker, and the bytes per second of one stream. As root, since the guard wants a pid namespace.

    python bench/connect.py [--rounds N] [--calls N]

Rounds are interleaved, so that a busy moment hits all alike. "Plain" is the same program under the same guard, filter and
Landlock, with sockets of its own. The broker is the small one of the tests: a thread of Python for each connection.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from supervised import Ended, broker, run, server

BLOCK = 1 << 20
CONNECTS = """
address, taken = ({host!r}, {port}), []
for _ in range({calls}):
    begun = time.perf_counter_ns()
    s = socket.socket(); s.connect(address); s.close()
    taken.append(time.perf_counter_ns() - begun)
say(taken=taken)
"""
STREAM = """
s = socket.create_connection(({host!r}, {port})); buffer, seen, begun = bytearray(1 << 20), 0, time.perf_counter()
while count := s.recv_into(buffer): seen += count
say(rate=seen / (time.perf_counter() - begun) / 1e6)
"""


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=1000, help="connects in a round")
    parser.add_argument("--megabytes", type=int, default=512)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        connects(folder, options.rounds, options.calls)
        streams(folder, options.rounds, options.megabytes)
    return 0


def ask(folder: Path, text: str, door: Path | None, supervised: bool, port: int, **values: Any) -> Ended:
    """Run `text` once. Through the broker the host is one that only it knows."""
    host = "127.0.0.1" if door is None else "203.0.113.7"
    change: dict[str, Any] = {} if supervised else {"egress": None, "tcp_rules": None}
    return run(folder, text.format(host=host, port=port, **values), door, timeout=600, **change)


def connects(folder: Path, rounds: int, calls: int) -> None:
    """Latency of one connection."""
    taken: dict[str, list[float]] = {"plain": [], "supervised": [], "through the broker": []}
    with server(lambda _: None) as port, broker(folder, to={f"203.0.113.7:{port}": port}) as made:
        for _ in range(rounds):
            for name, values in taken.items():
                door = made.path if name == "through the broker" else None
                found = ask(folder, CONNECTS, door, name != "plain", port, calls=calls)
                values += [one / 1000 for one in found.found["taken"]]
    print(f"{'socket + connect + close':26} {'median':>9} {'p99':>9}   us, {rounds} x {calls}")
    for name, values in taken.items():
        print(f"{name:26} {statistics.median(values):9.0f} {statistics.quantiles(values, n=100)[98]:9.0f}")
    for name in ("supervised", "through the broker"):
        print(f"{name} / plain: {statistics.median(taken[name]) / statistics.median(taken['plain']):.2f}")


def streams(folder: Path, rounds: int, megabytes: int) -> None:
    """Throughput of one stream out."""
    block = bytes(BLOCK)

    def send(client: Any) -> None:
        for _ in range(megabytes):
            client.sendall(block)

    rates: dict[str, list[float]] = {"direct": [], "through relay and broker": []}
    with server(send) as port, broker(folder, to={f"203.0.113.7:{port}": port}) as made:
        for _ in range(rounds):
            for name, values in rates.items():
                door = None if name == "direct" else made.path
                values.append(ask(folder, STREAM, door, door is not None, port).found["rate"])
    print(f"\n{'one stream':26} {'median':>9}   MB/s, {rounds} x {megabytes} MiB")
    for name, values in rates.items():
        print(f"{name:26} {statistics.median(values):9.0f}")
    ratio = statistics.median(rates["through relay and broker"]) / statistics.median(rates["direct"])
    print(f"through relay and broker / direct: {ratio:.2f}")


if __name__ == "__main__":
    sys.exit(main())
