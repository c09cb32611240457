"""Serve the page on the workload's port, and enough of ComfyUI's own addresses that the same health check works."""

import base64
import hashlib
import io
import json
import os
import platform
import socket
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

from catalyst.canary.page import STYLE, render
from catalyst.canary.run import Report, Result, Runner

MOST = 16 << 10  # bytes of one request, headers and all: http.server alone would read 6 MiB
PATIENCE = 10.0  # seconds a client may be silent
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",  # one request a connection: MOST is then a limit on the request
}


class Server(ThreadingHTTPServer):
    """One thread per request. A client's mistake is not worth a traceback anywhere."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], runner: Runner) -> None:
        self.runner = runner
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, Handler)

    def handle_error(self, *_: object) -> None:
        """One line to standard error, nothing to the client."""
        print(f"catalyst: canary: {type(sys.exception()).__name__} at a request", file=sys.stderr, flush=True)


class _Capped(io.RawIOBase):
    """The connection's bytes, up to MOST; what lies beyond is never read."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.left = MOST

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # socket wants a real buffer
        count = self._connection.recv_into(buffer, min(len(buffer), self.left)) if self.left else 0
        self.left -= count
        return count


class Handler(BaseHTTPRequestHandler):
    """GET and HEAD of four addresses; http.server answers 501 to any other method."""

    protocol_version = "HTTP/1.1"
    timeout = PATIENCE

    def setup(self) -> None:
        """Read through the cap."""
        super().setup()
        self._input = _Capped(self.connection)
        self.rfile = io.BufferedReader(self._input)

    def version_string(self) -> str:
        """The Server header: no versions."""
        return "catalyst-canary"

    def do_GET(self) -> None:
        """Answer, or 404; never a traceback."""
        make = ANSWERS.get(self.path.partition("?")[0])
        if self._input.left <= 0:
            self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif make is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self._send(*make(cast("Server", self.server).runner))

    def do_HEAD(self) -> None:
        """The same without the body."""
        self.do_GET()

    def _send(self, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self) -> None:
        """Every answer, errors too, carries the same headers."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Quiet: the gateway keeps the log of requests."""

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Quiet, for the same reason."""


def _page(runner: Runner) -> tuple[str, str]:
    return "text/html; charset=utf-8", render(runner.report())


def _json(value: object) -> tuple[str, str]:
    return "application/json; charset=utf-8", json.dumps(value)


def _probes(runner: Runner) -> tuple[str, str]:
    return _json(as_json(runner.report()))


def _queue(_: Runner) -> tuple[str, str]:
    return _json({"queue_running": [], "queue_pending": []})


def _system_stats(_: Runner) -> tuple[str, str]:
    return _json(system_stats())


ANSWERS: dict[str, Callable[[Runner], tuple[str, str]]] = {
    "/": _page,
    "/probes": _probes,
    "/queue": _queue,
    "/system_stats": _system_stats,
}


def as_json(report: Report) -> dict[str, object]:
    """What /probes answers."""
    return {"probes": [_result(result) for result in report.results], "identity": dict(report.identity)}


def _result(result: Result) -> dict[str, object]:
    probe, answer = result.probe, result.answer
    return {
        "id": probe.id,
        "title": probe.title,
        "theme": probe.theme,
        "origin": probe.origin,
        "control": probe.control,
        "layer": result.layer,
        "outcome": "not promised" if result.verdict == "open" else result.verdict,
        "errno": answer.errno,
        "evidence": answer.evidence,
    }


def system_stats() -> dict[str, object]:
    """The shape of ComfyUI's own (server.py, get_system_stats)."""
    page = os.sysconf("SC_PAGE_SIZE")
    system = {
        "os": sys.platform,
        "ram_total": page * os.sysconf("SC_PHYS_PAGES"),
        "ram_free": page * os.sysconf("SC_AVPHYS_PAGES"),
        "comfyui_version": "canary",
        "python_version": platform.python_version(),
        "pytorch_version": "none",
        "embedded_python": False,
        "argv": [],
    }
    return {"system": system, "devices": []}
