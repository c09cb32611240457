"""A request to ComfyUI and its answer back, both streamed."""

from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web
from aiohttp.web_request import BaseRequest
from multidict import CIMultiDict

from catalyst.services.gateway import headers
from catalyst.services.gateway.refusals import plain
from catalyst.services.gateway.upstream import url

SMALL = 64 << 10  # bytes of an answer that is read before it is passed on


class TooLarge(Exception):
    """The body has more bytes than may come."""


class Unanswered(Exception):
    """ComfyUI could not be reached, or what it answered is no answer."""


async def forward(session: aiohttp.ClientSession, request: BaseRequest, most: int) -> web.StreamResponse:
    """Raises TooLarge or Unanswered before the answer has begun; an answer that breaks off is broken off."""
    if (request.content_length or 0) > most:
        raise TooLarge
    counted = _Counted(request, most)
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # as aiohttp's own handler does: it is no answer yet
    try:
        answer = await session.request(
            request.method, url(request.raw_path), headers=CIMultiDict(headers.inwards(request.headers.items())),
            data=counted.stream() if request.can_read_body else None, allow_redirects=False,
        )  # fmt: skip
    except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: a header that cannot be sent
        raise TooLarge if counted.too_large else Unanswered from error
    async with answer:
        return await _back(answer, request)


class _Counted:
    """A request's body, as it comes, up to `most` bytes."""

    def __init__(self, request: BaseRequest, most: int) -> None:
        self._request, self._left = request, most
        self.too_large = False

    async def stream(self) -> AsyncIterator[bytes]:
        async for chunk in self._request.content.iter_any():
            self._left -= len(chunk)
            if self._left < 0:
                self.too_large = True
                raise aiohttp.ClientPayloadError("too large")
            yield chunk


async def _begun(answer: aiohttp.ClientResponse, request: BaseRequest) -> web.StreamResponse:
    """With the whole body where that is small, which is one write to the visitor instead of two (bench/gateway.py)."""
    if request.method != "HEAD" and answer.status not in {204, 304} and 0 <= (answer.content_length or -1) <= SMALL:
        try:
            body = await answer.read()
        except (aiohttp.ClientError, OSError) as error:
            raise Unanswered from error
        return web.Response(status=answer.status, reason=answer.reason, body=body)
    return web.StreamResponse(status=answer.status, reason=answer.reason)


async def _back(answer: aiohttp.ClientResponse, request: BaseRequest) -> web.StreamResponse:
    out = await _begun(answer, request)
    for name, value in headers.outwards(answer.headers.items(), plain(request.raw_path.partition("?")[0])):
        out.headers.add(name, value)
    out.headers["Server"] = "catalyst"
    if isinstance(out, web.Response):
        return out
    empty = request.method == "HEAD" or answer.status in {204, 304}
    if not empty and "Content-Length" not in out.headers and request.version >= aiohttp.HttpVersion11:
        out.enable_chunked_encoding()
    await out.prepare(request)
    if empty:
        return out
    try:
        async for chunk in answer.content.iter_any():
            await out.write(chunk)
        await out.write_eof()
    except (aiohttp.ClientError, OSError) as error:
        # aiohttp then hangs up without the last chunk: an orderly end would pass for the whole of it.
        raise ConnectionError("the answer broke off") from error
    return out
