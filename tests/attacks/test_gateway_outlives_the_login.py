"""What was begun with a login and goes on after it: websockets, and answers that do not end.

A revoked token's thief would keep what he had opened, and a node's stream would go on into a browser that has logged out.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.web_request import BaseRequest

from catalyst.services.gateway import passwords
from catalyst.services.gateway.state import Lives
from gateways import Gateway, config, echo, gateway

PATIENCE = 30.0
Ends = Callable[[Gateway, str, str], None]


def revoked(running: Gateway, _cookie: str, _token: str) -> None:
    state = running.state()
    for one in state.tokens():
        assert state.revoke_token(one.name)
    state.close()


def logged_out(running: Gateway, cookie: str, _token: str) -> None:
    assert running.ask("POST", "/catalyst/logout", "", Cookie=cookie, Origin=running.url).status == 200


def logged_in_anew(running: Gateway, cookie: str, _token: str) -> None:
    link = f"link={running.link()}"
    assert running.ask("POST", "/catalyst/login", link, Cookie=cookie, Origin=running.url).status == 303


def password_set(running: Gateway, _cookie: str, _token: str) -> None:
    state = running.state()
    state.set_password(passwords.hashed("correct horse"))
    state.close()


def too_old(_running: Gateway, _cookie: str, _token: str) -> None:
    time.sleep(2.0)  # the life that `lives` gives it below


ENDS: dict[str, tuple[Ends, bool]] = {  # and whether it is a token that ends, instead of the session
    "revoked": (revoked, True), "logged out": (logged_out, False), "logged in anew": (logged_in_anew, False),
    "password set": (password_set, False), "too old": (too_old, False),
}  # fmt: skip


async def endless(request: BaseRequest) -> web.StreamResponse:
    """A node's stream of events, or the echo."""
    if "Upgrade" in request.headers:
        return await echo(request)
    made = web.StreamResponse()
    await made.prepare(request)
    with suppress(OSError):
        while True:
            await made.write(b"data: a picture\n\n")
            await asyncio.sleep(0.05)
    return made


async def opened(running: Gateway, headers: dict[str, str], end: Callable[[], None]) -> tuple[int | None, bool]:
    """The websocket's closing code, and whether the stream broke off, after `end`."""
    origin = {"Origin": running.url, **headers}
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{running.url}/ws", headers=origin) as link, \
            session.get(f"{running.url}/events", headers=headers) as stream:  # fmt: skip
        await link.send_str("a")
        assert await link.receive_str() == "a"
        assert await stream.content.readany()
        code, _ = await asyncio.gather(asyncio.wait_for(_closed(link), PATIENCE), asyncio.to_thread(end))
        return code, await _broke_off(stream)


async def _closed(link: "aiohttp.ClientWebSocketResponse[bool]") -> int | None:
    said = await link.receive()
    return int(said.data) if said.type is aiohttp.WSMsgType.CLOSE else None


def _broke_off(stream: aiohttp.ClientResponse) -> Awaitable[bool]:
    async def read() -> bool:
        try:
            while await stream.content.readany():
                pass
        except aiohttp.ClientError:
            return True
        return False  # an orderly end would pass for the whole of it

    return asyncio.wait_for(read(), PATIENCE)


@pytest.mark.parametrize("name", ENDS)
def test_it_ends_with_the_login(name: str, tmp_path: Path) -> None:
    end, by_token = ENDS[name]
    made = config(lives=Lives(3600.0, 2.0)) if name == "too old" else config()
    with gateway(tmp_path, made) as running:
        running.stub.answer = endless
        cookie, token = running.cookie(), running.token()
        headers = {"Authorization": f"Bearer {token}"} if by_token else {"Cookie": cookie}
        assert asyncio.run(opened(running, headers, lambda: end(running, cookie, token))) == (1008, True)


def test_control_somebody_elses_goes_on(tmp_path: Path) -> None:
    """What ends for one login stays open for another, over several sweeps."""
    with gateway(tmp_path) as running:
        running.stub.answer = endless
        cookie, token = running.cookie(), running.token()

        async def whole() -> None:
            headers = {"Authorization": f"Bearer {token}"}
            async with aiohttp.ClientSession(headers=headers) as session, session.ws_connect(f"{running.url}/ws") as link, \
                    session.get(f"{running.url}/events") as stream:  # fmt: skip
                await asyncio.to_thread(logged_out, running, cookie, token)
                end = time.monotonic() + 12
                while time.monotonic() < end:
                    assert await stream.content.readany()
                await link.send_str("still here")
                assert await link.receive_str() == "still here"

        asyncio.run(whole())
