"""The real server on a loopback port of its own, with children that only echo."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalyst.audit.inside.probe import FROM_HIGH, LEVELS, Context, Probe, denied
from catalyst.canary.run import Runner, Sandbox
from catalyst.canary.server import MOST, Server

PROBES = tuple(
    Probe(key, "read", key, "general", "identity", ("docker", "guard"), lambda _: denied(""), levels=levels)
    for key, levels in (("one", LEVELS), ("two", FROM_HIGH))
)


@pytest.fixture
def port() -> Iterator[int]:
    runner = Runner(
        Context(Path("/tmp"), Path("/nonexistent")),
        Sandbox("normal", "isolated", "docker"),
        PROBES,
        [
            "printf",
            "%s\\n",
            *(
                json.dumps({"id": key, "outcome": "allowed", "evidence": key, "errno": "EFAULT"})
                for key in ("one", "two")
            ),
        ],
    )
    with Server(("127.0.0.1", 0), runner) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def _ask(port: int, path: str, method: str = "GET") -> tuple[http.client.HTTPResponse, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response, text


def _raw(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(data)
        return b"".join(iter(lambda: line.recv(65536), b""))


def test_the_page(port: int) -> None:
    response, text = _ask(port, "/?again")
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<title>Catalyst canary</title>" in text


def test_headers_tell_no_version_and_allow_no_script(port: int) -> None:
    response, _ = _ask(port, "/")
    assert response.headers.get_all("Server") == ["catalyst-canary"]
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_probes_as_json(port: int) -> None:
    answer = json.loads(_ask(port, "/probes")[1])
    assert answer["probes"][0] == {
        "id": "one", "title": "one", "theme": "read", "origin": "general", "control": "identity", "layer": "docker, guard",
        "outcome": "broken", "errno": "EFAULT", "evidence": "one",
    }  # fmt: skip
    assert answer["probes"][1]["outcome"] == "not promised"
    assert set(answer["identity"]) == {
        "Uid", "Gid", "CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb", "NoNewPrivs", "Seccomp"
    }  # fmt: skip


def test_comfyuis_health_addresses(port: int) -> None:
    stats = json.loads(_ask(port, "/system_stats")[1])
    assert stats["system"]["comfyui_version"] == "canary"
    assert stats["devices"] == []
    assert json.loads(_ask(port, "/queue")[1]) == {"queue_running": [], "queue_pending": []}


@pytest.mark.parametrize("path", ["/nothing", "/attempts", "/probes/", "/..%2f"])
def test_anything_else_is_not_found(port: int, path: str) -> None:
    assert _ask(port, path)[0].status == 404


@pytest.mark.parametrize("path", ["/", "/probes", "/system_stats", "/queue"])
def test_head_has_the_length_and_no_body(port: int, path: str) -> None:
    response, text = _ask(port, path, "HEAD")
    assert response.status == 200
    assert int(response.headers["Content-Length"]) > 0
    assert text == ""


def test_post_is_not_implemented(port: int) -> None:
    assert _ask(port, "/", "POST")[0].status == 501


@pytest.mark.parametrize(
    "data", [b"GET /" + b"x" * (MOST - 5), b"GET / HTTP/1.1\r\n" + b"X-Long: " + b"y" * MOST], ids=["line", "headers"]
)
def test_a_long_request_is_cut_off(port: int, data: bytes) -> None:
    assert b"Request Header Fields Too Large" in _raw(port, data[:MOST])


def test_nonsense_gets_no_traceback(port: int) -> None:
    answer = _raw(port, b"\x16\x03\x01 nonsense\r\n\r\n")
    assert b"Traceback" not in answer
    assert b"Python" not in answer
