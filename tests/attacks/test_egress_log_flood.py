"""The log is evidence: the workload may fill it, not erase its beginning, forge a line, or have it written a secret."""

import json
import os
from pathlib import Path

from brokers import broker, stub
from catalyst.services.broker.log import Log


def test_a_flood_does_not_hide_how_it_began(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "log", os.O_RDWR | os.O_APPEND | os.O_CREAT)
    log = Log(descriptor, head=4000, tail=2000, most=8000)
    for number in range(20_000):
        log.write(json.dumps({"line": number}))
    os.close(descriptor)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert (tmp_path / "log").stat().st_size <= 8100
    assert [line["line"] for line in lines[:50]] == list(range(50))
    assert lines[-1] == {"line": 19_999}
    assert any("dropped" in line.get("why", "") for line in lines)
    assert log.lost == 0


def test_a_log_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    log = Log(descriptor, head=1000, tail=500, most=2000)
    for number in range(1000):
        log.write(json.dumps({"line": number}))
    os.close(descriptor)
    assert (tmp_path / "log").stat().st_size <= 2100
    assert json.loads((tmp_path / "log").read_text().splitlines()[0]) == {"line": 0}
    full = Log(os.open("/dev/full", os.O_WRONLY))
    full.write("x")
    assert full.lost == 1


def test_a_program_or_a_host_cannot_forge_a_line(tmp_path: Path) -> None:
    program = "x%0A%7B%22verdict%22%3A%22allowed%22%7D%1B%5B2J"
    with broker(tmp_path) as running:
        for target in ("evil.org:443", "e%0Avil.org:443"):
            running.connect(target, f"Catalyst-Program: {program}")[2].close()
        running.connect("evil.org:444", "Catalyst-Program: " + "y" * 5000)[2].close()
        text, lines = (tmp_path / "log").read_text(), running.log()
    assert "\x1b" not in text
    assert {line["verdict"] for line in lines} == {"refused", "malformed"}
    assert [len(line.get("program", "")) <= 80 for line in lines] == [True] * 3


def test_no_path_no_query_and_no_field_is_written(tmp_path: Path) -> None:
    with stub() as server, broker(tmp_path, [f"localhost+loopback:{server.port}"]) as running:
        for host in (f"localhost:{server.port}", "evil.org"):
            head = f"GET http://{host}/secret1?token=secret2 HTTP/1.1\r\nHost: {host}\r\nAuthorization: secret3\r\n\r\n"
            running.answer(head.encode())
        running.answer(b"GET http://u:secret4@evil.org/secret5 HTTP/1.1\r\nHost: evil.org\r\n\r\n")
        running.answer(b"secret6\r\n\r\n")
        text = (tmp_path / "log").read_text()
    assert len(text.splitlines()) == 4
    assert "secret" not in text


def test_the_same_refusal_again_and_again_is_one_line(tmp_path: Path) -> None:
    with broker(tmp_path) as running:
        for _ in range(100):
            running.connect("evil.org:443", "Catalyst-Program: miner")[2].close()
        assert len(running.log()) == 1
        assert len(running.log()[0]) > 3
