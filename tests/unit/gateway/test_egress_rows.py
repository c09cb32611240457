"""What /catalyst shows of the broker's log."""

import json
import os
from pathlib import Path

from catalyst.services.gateway import egress


def line(host: str, verdict: str, port: int | None = 443) -> str:
    return json.dumps({"time": "2026", "host": host, "verdict": verdict, **({"port": port} if port else {})}) + "\n"


def rows(file: Path) -> list[tuple[str, str, int]] | None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        found = egress.reader(descriptor)()
        return None if found is None else list(found)
    finally:
        os.close(descriptor)


def test_decisions_are_counted_by_host_and_verdict(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(line("a.org", "allowed") * 3 + line("b.org", "refused", None) + line("a.org", "refused") * 2)
    assert rows(file) == [("a.org:443", "allowed", 3), ("a.org:443", "refused", 2), ("b.org", "refused", 1)]


def test_only_the_end_of_a_long_log_is_read_and_half_a_line_is_none(tmp_path: Path) -> None:
    file = tmp_path / "log"
    half = line("new.org", "refused")[:-9]
    file.write_text(line("old.org", "allowed") + line("x" * 200, "allowed") * 400 + "{}\nnull\n" + half)
    found = rows(file)
    assert found is not None
    assert [host for host, _, _ in found] == ["x" * 200 + ":443"]
    assert egress.LATEST // 300 < found[0][2] < 400


def test_without_a_broker_there_is_nothing_to_show() -> None:
    assert egress.reader(None)() is None
