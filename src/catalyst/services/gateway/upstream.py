"""aiohttp's connections to ComfyUI, through the same door: for websockets, and to ask whether it works."""

import asyncio
import time

import aiohttp
from aiohttp import ClientTimeout
from yarl import URL

from catalyst.services.gateway import inside

# A header of a node's may be long: 64 KiB instead of aiohttp's 8 KiB.
HEADER = 64 << 10
QUIET = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")  # the browser's, or none
PROBE_WITHIN = 2.0  # s for a whole answer
SLOW, QUICK = 5.0, 0.25  # s between probes: while it answers, and while it does not
RECENT = SLOW + 2 * PROBE_WITHIN + 1  # s that a good answer counts


class Unreachable(aiohttp.ClientConnectorError):
    """Nobody let us in."""


class Connector(aiohttp.UnixConnector):
    """Opens the door instead of following a path."""

    def __init__(self, folder: int) -> None:
        super().__init__("the door", limit=inside.MOST, keepalive_timeout=inside.IDLE)
        self._folder = folder

    async def _create_connection(
        self, req: "aiohttp.ClientRequest", traces: "list[aiohttp.tracing.Trace]", timeout: ClientTimeout,
    ) -> "aiohttp.client_proto.ResponseHandler":
        """What aiohttp calls for each new connection."""
        del traces, timeout
        try:
            found = await inside.enter(self._folder, lambda: True)
            _, protocol = await self._loop.create_unix_connection(self._factory, sock=found)
        except OSError as error:
            raise Unreachable(req.connection_key, error) from error
        return protocol


def session(folder: int) -> aiohttp.ClientSession:
    """For every request of this process: no cookie is kept, no redirect followed, nothing decoded, nobody hurried."""
    return aiohttp.ClientSession(
        connector=Connector(folder), cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False,
        skip_auto_headers=QUIET, timeout=ClientTimeout(total=None, sock_connect=None, sock_read=None),
        max_line_size=HEADER, max_field_size=HEADER,
    )  # fmt: skip


def url(target: str) -> URL:
    """Where a request line's target is asked for inside, byte for byte."""
    return URL(f"http://127.0.0.1:8188{target}", encoded=True)


class Probe:
    """Asks ComfyUI again and again whether it works. A hung one is down as much as one that is gone."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._good = float("-inf")
        self.fresh = False  # answered since somebody looked

    def answers(self) -> bool:
        """Whether it answered just now."""
        return time.monotonic() - self._good < RECENT

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            if await self._ask():
                self._good, self.fresh = time.monotonic(), True
                await asyncio.sleep(SLOW)
            else:
                await asyncio.sleep(QUICK)

    async def _ask(self) -> bool:
        """GET /system_stats: JSON, cheap, and in every version (server.py). One deadline for the whole of it, and the body
        is left alone: the workload may drip, flood or lie."""
        try:
            async with (
                asyncio.timeout(PROBE_WITHIN),
                self._session.get(url("/system_stats"), headers={"Host": "127.0.0.1:8188", "Connection": "close"},
                                  allow_redirects=False) as answer,
            ):  # fmt: skip
                return answer.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return False


