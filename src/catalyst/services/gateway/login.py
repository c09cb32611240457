"""Logging in by link or password, and out again."""

import asyncio
import math
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

from aiohttp import web
from aiohttp.web_request import BaseRequest

from catalyst.services.gateway import pages, passwords
from catalyst.services.gateway.config import Config
from catalyst.services.gateway.limits import Limiter
from catalyst.services.gateway.metrics import Counts
from catalyst.services.gateway.pages import Wrong
from catalyst.services.gateway.state import State
from catalyst.services.gateway.visitor import Visitor, cookie_name
from catalyst.services.gateway.websocket import Sockets

MOST = 8 << 10  # bytes of the form
WRONG = Wrong("That was not accepted.")


class Desk:
    """Where one logs in."""

    def __init__(self, config: Config, state: State, sockets: Sockets, counts: Counts) -> None:
        self._config, self._state, self._sockets, self._counts = config, state, sockets, counts
        self._limiter = Limiter()
        self._one_at_a_time = asyncio.Semaphore(1)

    async def log_in(self, request: BaseRequest, visitor: Visitor, state: str) -> web.Response:
        """A new session for the right link or password; the one that was there before counts no more."""
        form = await _form(request)
        if form is None:
            return pages.words(413, "the form is too large")
        if link := form.get("link"):  # 256 random bits: nobody guesses one, so nothing is limited
            right, wait = self._state.spend_link(link), 0.0
        else:
            right, wait = await self._password(form.get("password", ""), visitor.address)
        if wait:
            seconds = math.ceil(wait)
            return pages.login(state, status=429, wrong=Wrong(f"Too many attempts. Wait {seconds} s.", seconds))
        if not right:
            self._counts.failed_logins += 1
            return pages.login(state, status=401, wrong=WRONG)
        await self._end(visitor)
        self._counts.logins += 1
        answer = pages.page("Logged in", '<p><a href="/">ComfyUI</a></p>', status=303)
        answer.headers["Location"] = "/"
        answer.headers["Set-Cookie"] = self._cookie(visitor, self._state.open_session(), self._config.lives.absolute)
        return answer

    async def _password(self, password: str, address: str) -> tuple[bool, float]:
        """Whether it is right, or how many seconds to wait before it is looked at. Limited before it is hashed."""
        wait = self._limiter.attempt(address)
        if wait or len(password) > passwords.MOST:
            return False, wait
        stored = self._state.password()
        async with self._one_at_a_time:
            right = await asyncio.to_thread(passwords.right, stored, password)
            if right:
                self._limiter.succeeded(address)
                if passwords.outdated(stored):
                    self._state.renew_password(stored, await asyncio.to_thread(passwords.hashed, password))
        return right, 0.0

    async def log_out(self, visitor: Visitor) -> web.Response:
        """The session ends, its websockets with it, and the browser is told to forget."""
        await self._end(visitor)
        answer = pages.left()
        answer.headers["Set-Cookie"] = self._cookie(visitor, "", 0)
        # Only obeyed where the browser calls the address secure: https, localhost, 127.0.0.1 (measured: Chromium 156).
        answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        return answer

    async def _end(self, visitor: Visitor) -> None:
        if visitor.session:
            self._state.close_session(visitor.session)
            await self._sockets.end(visitor.session)

    def _cookie(self, visitor: Visitor, value: str, seconds: float) -> str:
        jar: SimpleCookie = SimpleCookie()
        jar[name := cookie_name(self._config, visitor.secure)] = value
        jar[name].update({"path": "/", "samesite": "Strict", "max-age": str(int(seconds)), "httponly": "yes"})
        if visitor.secure:
            jar[name]["secure"] = "yes"
        return jar[name].OutputString()


async def _form(request: BaseRequest) -> dict[str, str] | None:
    """The fields of a small form; None where it is too large."""
    raw = b""
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > MOST:
            return None
    fields = parse_qs(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=8)
    return {name: values[0] for name, values in fields.items()}
