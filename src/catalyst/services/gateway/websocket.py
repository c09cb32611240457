"""A websocket to ComfyUI, frame by frame, until one side ends it or the login does."""

import asyncio
from collections import defaultdict

import aiohttp
from aiohttp import WSMsgType, web
from aiohttp.web_request import BaseRequest
from multidict import CIMultiDict

from catalyst.services.gateway import headers
from catalyst.services.gateway.upstream import url

TO_COMFYUI = 16 << 20  # bytes of a message; ComfyUI reads 4 MiB (aiohttp's default)
FROM_COMFYUI = 128 << 20  # previews are some 10 to 500 kB, but a node may send more
HEARTBEAT = 45.0  # s; proxies drop what is silent for 60 (nginx) or 100 (Cloudflare)
AT_ONCE = 2048
ENDED, AWAY = aiohttp.WSCloseCode.POLICY_VIOLATION, aiohttp.WSCloseCode.GOING_AWAY
_UNSENDABLE = {None, 1005, 1006, 1015}  # RFC 6455 7.4.1: of no frame


class Unanswered(Exception):
    """ComfyUI could not be reached, or does not take it."""


class Sockets:
    """Those that are open, by the credential they were opened with."""

    def __init__(self) -> None:
        self._open: defaultdict[bytes, set[web.WebSocketResponse]] = defaultdict(set)

    def __len__(self) -> int:
        return sum(map(len, self._open.values()))

    def credentials(self) -> list[bytes]:
        """Of open ones."""
        return list(self._open)

    def add(self, credential: bytes, one: web.WebSocketResponse) -> None:
        """It is open."""
        self._open[credential].add(one)

    def remove(self, credential: bytes, one: web.WebSocketResponse) -> None:
        """It is not any more."""
        self._open[credential].discard(one)
        if not self._open[credential]:
            del self._open[credential]

    async def end(self, credential: bytes | None = None, code: int = ENDED) -> None:
        """Close those of `credential`, or all. A side that does not answer is waited for a moment only."""
        chosen = [one for key, ones in self._open.items() if credential in {None, key} for one in ones]
        if chosen:
            await asyncio.wait([asyncio.create_task(one.close(code=code)) for one in chosen], timeout=2.0)


async def carry(
    session: aiohttp.ClientSession, request: BaseRequest, sockets: Sockets, credential: bytes
) -> web.StreamResponse:
    """Raises Unanswered where ComfyUI does not take it."""
    offered = [word.strip() for word in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if word.strip()]
    outside = web.WebSocketResponse(compress=False, max_msg_size=TO_COMFYUI, heartbeat=HEARTBEAT, decode_text=False)
    if not outside.can_prepare(request) or len(sockets) >= AT_ONCE:
        return web.Response(status=400 if len(sockets) < AT_ONCE else 503, text="not a websocket that can be opened\n")
    try:
        inside = await session.ws_connect(
            url(request.raw_path), headers=CIMultiDict(headers.inwards(request.headers.items())), protocols=offered,
            compress=0, max_msg_size=FROM_COMFYUI, decode_text=False,
        )  # fmt: skip
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise Unanswered from error
    async with inside:
        if inside.protocol:
            outside = web.WebSocketResponse(compress=False, max_msg_size=TO_COMFYUI, heartbeat=HEARTBEAT,
                                            decode_text=False, protocols=(inside.protocol,))  # fmt: skip
        outside.headers["Server"] = "catalyst"
        await outside.prepare(request)
        sockets.add(credential, outside)
        try:
            await _both_ways(outside, inside)
        finally:
            sockets.remove(credential, outside)
    return outside


async def _both_ways(outside: web.WebSocketResponse, inside: "aiohttp.ClientWebSocketResponse[bool]") -> None:
    ways = [asyncio.create_task(_copy(outside, inside)), asyncio.create_task(_copy(inside, outside))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
    # Both, whichever ended: closing one that is closed does nothing.
    await inside.close(code=_sendable(outside.close_code))
    await outside.close(code=_sendable(inside.close_code))


async def _copy(source: "_End", sink: "_End") -> None:
    """Until `source` ends. The next message is read when the last one has been taken: that is the back-pressure."""
    async for message in source:
        if message.type is WSMsgType.TEXT or message.type is WSMsgType.BINARY:
            await sink.send_frame(message.data, message.type)


def _sendable(code: int | None) -> int:
    return aiohttp.WSCloseCode.OK if code is None or code in _UNSENDABLE else code


_End = web.WebSocketResponse | aiohttp.ClientWebSocketResponse[bool]
