"""Which listeners on loopback are the workload's own: without a network namespace the machine's services are there too.

The guard sees every listen(2); the kernel says who listens now (/proc/net/tcp, proc_pid_net(5)).
"""

from collections.abc import Iterator

LISTEN = b"0A"  # TCP_LISTEN, include/net/tcp_states.h
FILES = ("/proc/self/net/tcp", "/proc/self/net/tcp6")
MOST = 4096
PORT, STATE, INODE = 1, 3, 9  # columns


class Listeners:
    """Sockets that the workload listens on, by inode number."""

    def __init__(self) -> None:
        self._inodes: set[int] = set()

    def add(self, inode: int) -> None:
        """It listens from now on."""
        if len(self._inodes) >= MOST:  # ports are fewer than sixteen times that, so not all of them listen still
            self._inodes &= {found for _, found in _listening()}
        self._inodes.add(inode)

    def at(self, port: int) -> bool:
        """Does the workload listen on that port, and nobody else?"""
        found = [inode for number, inode in _listening() if number == port]
        return bool(found) and self._inodes.issuperset(found)


def _listening() -> Iterator[tuple[int, int]]:
    """Port and inode number of every listener in this network namespace; nothing where the kernel does not say."""
    for file in FILES:
        try:
            with open(file, "rb") as stream:
                rows = stream.readlines()[1:]
        except OSError:  # a kernel without IPv6
            continue
        for row in rows:
            columns = row.split()
            if columns[STATE] == LISTEN:
                yield int(columns[PORT].rpartition(b":")[2], 16), int(columns[INODE])
