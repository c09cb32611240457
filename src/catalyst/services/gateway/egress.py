"""Where the workload connected, from the end of the broker's log: one JSON document a line (services/broker/journal.py)."""

import json
import os
from collections import Counter
from collections.abc import Callable

from catalyst.services.gateway.posture import Egress

LATEST = 64 << 10  # bytes of the log
SHOWN = 50


def reader(log: int | None) -> Egress:
    """What reads it anew each time; `log` is a descriptor, None where there is no broker."""
    return nothing if log is None else _of(log)


def nothing() -> None:
    """The egress of an instance without a broker."""
    return


def _of(log: int) -> Callable[[], list[tuple[str, str, int]]]:
    def rows() -> list[tuple[str, str, int]]:
        size = os.fstat(log).st_size
        lines = os.pread(log, LATEST, max(0, size - LATEST)).split(b"\n")
        counts = Counter(found for line in lines if (found := _decision(line)))
        return [(where, verdict, count) for (where, verdict), count in counts.most_common(SHOWN)]

    return rows


def _decision(line: bytes) -> tuple[str, str] | None:
    """Host with port, and verdict; None for half a line."""
    try:
        found = dict(json.loads(line))
        return f"{found['host']}:{found['port']}" if found.get("port") else str(found["host"]), str(found["verdict"])
    except (ValueError, KeyError, TypeError):
        return None
