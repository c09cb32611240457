"""The side towards visitors: how many connections, how long they may be silent, and what a malformed request gets."""

import asyncio
import logging
import resource
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest

SILENT = 30.0  # s until the head of a request must be there, at first and after each answer
CONNECTIONS = 4096
HEADER = 16 << 10  # bytes of a request line or a header; browsers send a few KiB
READ = 256 << 10  # bytes read ahead of a body

Handler = Callable[[BaseRequest], Awaitable[web.StreamResponse]]

_SILENT_LOG = logging.getLogger("catalyst.gateway.aiohttp")  # its tracebacks would hold what a visitor sent
_SILENT_LOG.addHandler(logging.NullHandler())
_SILENT_LOG.propagate = False


class Connection(RequestHandler):
    """One visitor's connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it, or drop it where there are too many already."""
        super().connection_made(transport)
        if self._manager is not None and len(self._manager.connections) > limit():
            self.force_close()

    def handle_error(
        self, request: BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None,
    ) -> web.StreamResponse:  # fmt: skip
        """A few words of ours: aiohttp's would repeat the request."""
        del exc, message
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        answer = web.Response(status=status, text="the request cannot be read\n" if status < 500 else "a fault of ours\n",
                              headers={"Server": "catalyst"})  # fmt: skip
        answer.force_close()
        return answer


class Server(web.Server):
    """Makes a Connection for each."""

    def __call__(self) -> RequestHandler:
        """One more."""
        return Connection(
            self, loop=self._loop, keepalive_timeout=SILENT, logger=_SILENT_LOG, access_log=None,  # type: ignore[arg-type]  # None turns it off
            max_line_size=HEADER, max_field_size=HEADER, read_bufsize=READ, auto_decompress=False, lingering_time=5.0,
        )  # fmt: skip


def serve(handler: Handler) -> Server:
    """A server for `handler`, which is cancelled when its visitor leaves."""
    return Server(handler, handler_cancellation=True)


def limit() -> int:
    """Connections at once: each may need two descriptors, and some must be left."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(16, min(CONNECTIONS, soft // 3))
