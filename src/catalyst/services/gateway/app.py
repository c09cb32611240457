"""Every request, in order: is it one request, for us, from our page; who asks; may anybody ask that; then onwards."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from aiohttp import web
from aiohttp.web_request import BaseRequest
from multidict import MultiMapping

from catalyst.services.gateway import (
    exchange,
    guardrails,
    headers,
    inside,
    pages,
    posture,
    refusals,
    upstream,
    visitor,
)
from catalyst.services.gateway.condition import Condition
from catalyst.services.gateway.config import Config
from catalyst.services.gateway.guardrails import Refusal
from catalyst.services.gateway.heads import Asked
from catalyst.services.gateway.login import Desk
from catalyst.services.gateway.metrics import Counts
from catalyst.services.gateway.state import State
from catalyst.services.gateway.visitor import Visitor
from catalyst.services.gateway.websocket import AWAY, Sockets, Unanswered, carry

OWN = "/catalyst"
HEALTH = ("/healthz", "/readyz")
YEAR = 365 * 86400
# At the end. Not "cookies": they would be those of other programs on this host too, and logging out is not what was asked.
FORGET = '"cache", "storage"'
UNREADABLE = "the request cannot be read"


class Request(Protocol):
    """What is asked of both readings of a request, heads.Asked and aiohttp's."""

    @property
    def method(self) -> str:
        """As in the request line."""

    @property
    def raw_path(self) -> str:
        """The target, byte for byte."""

    @property
    def headers(self) -> MultiMapping[str]:
        """Under any case of their names."""


class Gateway:
    """What serves requests. `log` takes a line for each."""

    def __init__(
        self, config: Config, state: State, door: int, *, shown: Mapping[str, Any], disk: int, encrypted: bool,
        egress: posture.Egress, log: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.config, self.state, self.counts, self.sockets = config, state, Counts(), Sockets()
        self.session, self.pool = upstream.session(door), inside.Pool(door)
        self.probe = upstream.Probe(self.session)
        self.condition = Condition(door, self.probe)
        self._desk = Desk(config, state, self.sockets, self.counts)
        self._posture, self._disk, self._encrypted, self._log = shown, disk, encrypted, log
        self._egress, self._door = egress, door
        self._started = time.monotonic()

    def admit(self, asked: Asked, peer: str) -> "Admitted | None":
        """What may go to ComfyUI. The rest is `answer`'s, which asks the same and says why not."""
        who, path = self._who(peer, asked.headers, asked.cookies), asked.raw_path.partition("?")[0]
        if (
            not who.known
            or self.condition.phase != "ready"
            or "Upgrade" in asked.headers
            or asked.length > self.config.most_upload
            or _is_own(path)
            or guardrails.shape(asked.method, asked.raw_path, asked.headers, asked.counts)
            or self._foreign(asked, who, path)
            or refusals.refused(path, self.config.level)
        ):
            return None
        return Admitted(self, asked, who)

    async def answer(self, request: BaseRequest) -> web.StreamResponse:
        """Of all that `admit` does not take: one answer, counted and logged without its query, which may hold a secret."""
        began = time.monotonic()
        who, reply = self._look(request), None
        try:
            reply = await self._answer(request, who)
            if not reply.prepared:
                reply.headers.extend(self.lasting(request.host))
                if self.config.wiping and self.condition.phase == "stopping" and who.known:
                    reply.headers.setdefault("Clear-Site-Data", FORGET)
                reply.force_close()  # what comes next may be for the short way (outside.py)
            return reply
        finally:
            self.note(request, who, reply.status if reply else exchange.LEFT, began)

    def note(self, request: Request, who: Visitor, status: int, began: float) -> None:
        """It was answered; `began` is a monotonic moment."""
        self.counts.answers[status] += 1
        path = request.raw_path.partition("?")[0][:200]
        if path not in HEALTH:
            self._log(f"{who.address} {request.method[:20]} {path!r} {status} {time.monotonic() - began:.3f}s")

    def lasting(self, host: str) -> headers.Own:
        """What is said with every answer under a name that has a certificate of its own."""
        named = self.config.tls == "own" and not _is_local(host)
        return (("Strict-Transport-Security", f"max-age={YEAR}"),) if named else ()

    def _look(self, request: BaseRequest) -> Visitor:
        peer = request.transport.get_extra_info("peername") if request.transport else None
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        return self._who(address, request.headers, request.headers.getall("Cookie", []))

    def _who(self, peer: str, sent: MultiMapping[str], cookies: Iterable[str]) -> Visitor:
        return visitor.look(peer, self._encrypted, sent, cookies, self.config, self.state)

    async def _answer(self, request: BaseRequest, who: Visitor) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        counts = Counter(name.lower() for name in request.headers)
        if refused := guardrails.shape(request.method, request.raw_path, request.headers, counts):
            return self._refuse("shape", refused)
        if path in HEALTH:
            return self._health(path)
        if refused := self._foreign(request, who, path):
            return self._refuse("origin", refused)
        if who.claimed and not who.token:
            return self._stranger(request, who, path)
        if path == OWN or path.startswith(f"{OWN}/"):
            return await self._own(request, who, path)
        if not who.known:
            return self._stranger(request, who, path)
        if why := refusals.refused(path, self.config.level):
            return self._refuse("policy", Refusal(403, f"refused at this SECURITY_LEVEL: {why}"))
        if "Upgrade" in request.headers:
            return await self._websocket(request, who)
        if (request.content_length or 0) > self.config.most_upload:
            return self.instead(request.headers, exchange.TOO_LARGE)
        if self.condition.phase != "ready":
            return self.instead(request.headers, exchange.UNANSWERED)
        return self._refuse("shape", Refusal(400, UNREADABLE))

    def _foreign(self, request: Request, who: Visitor, path: str) -> Refusal | None:
        """Host and Origin. With a token that does not count one gets no further than this."""
        if refused := guardrails.host(request.headers.get("Host", ""), self.config.hosts):
            return refused
        if request.headers.get("Service-Worker", "") or request.headers.get("Sec-Fetch-Dest") == "serviceworker":
            # It would answer in our place, the login page too, and stay in the browser.
            return Refusal(403, "service workers are not served")
        return guardrails.origin(request.method, request.headers, scheme=who.scheme, upgrade="Upgrade" in request.headers,
                                 bearer=who.claimed, home=path in {"/", OWN, f"{OWN}/login"})  # fmt: skip

    def _refuse(self, rule: str, refused: Refusal) -> web.Response:
        self.counts.refused[rule] += 1
        return pages.words(refused.status, refused.why)

    def _health(self, path: str) -> web.Response:
        """Without a login, and saying nothing but ok: /healthz that we run, /readyz that ComfyUI answers."""
        good = path == "/healthz" or self.condition.answers()
        return pages.words(200, "ok") if good else pages.words(503, "not ok")

    def _stranger(self, request: BaseRequest, who: Visitor, path: str) -> web.Response:
        """Whoever is not logged in. At `/` the form, with 200 only while ComfyUI answers: that is what health checks ask
        (`curl -fsS http://127.0.0.1:8188/`). Elsewhere 401, as the form where a browser shows it."""
        if path == "/" and request.method in guardrails.SAFE_METHODS and not who.claimed:
            answer = pages.login(self.condition.state(), status=200 if self.condition.answers() else 503, retry=True)
            if answer.status != 200:
                answer.headers["Retry-After"] = "2"
            return answer
        if request.headers.get("Sec-Fetch-Dest") == "document":
            return pages.login(self.condition.state(), status=401, retry=True)
        answer = pages.document({"error": "log in first, or send Authorization: Bearer TOKEN (catalyst token new)"}, 401)
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    async def _own(self, request: BaseRequest, who: Visitor, path: str) -> web.Response:
        """Our own pages. The only one that changes something for a session is its own logout."""
        match (request.method if request.method != "HEAD" else "GET", path.removeprefix(OWN)):
            case ("GET", "/login"):
                return pages.login(self.condition.state())
            case ("POST", "/login"):
                return await self._desk.log_in(request, who, self.condition.state())
            case _ if not who.known:
                return self._stranger(request, who, path)
            case ("GET", "" | "/"):
                return posture.show(self._posture, self._door, self._live(), self._egress)
            case ("GET", "/state"):
                return pages.document(self.condition.told_of())
            case ("GET", "/logout"):
                return pages.leave()
            case ("POST", "/logout"):
                return await self._desk.log_out(who)
            case _:
                return pages.words(404, "there is no such page")

    async def _websocket(self, request: BaseRequest, who: Visitor) -> web.StreamResponse:
        if self.condition.phase != "ready":
            return self.instead(request.headers, exchange.UNANSWERED)
        try:
            self.counts.websockets += 1
            return await carry(self.session, request, self.sockets, who.credential)
        except Unanswered:
            return self.instead(request.headers, exchange.UNANSWERED)

    def instead(self, sent: Mapping[str, str], status: int) -> web.Response:
        """Why ComfyUI does not answer a request with these headers; `status` as in exchange.py."""
        if status == exchange.TOO_LARGE:
            return pages.words(413, f"larger than {self.config.most_upload >> 20} MB: catalyst up --max-upload=MB")
        if status == exchange.MALFORMED:
            return self._refuse("shape", Refusal(400, UNREADABLE))
        state = self.condition.state()
        if sent.get("Sec-Fetch-Dest") == "document" or "text/html" in sent.get("Accept", ""):
            return pages.waiting(state, self.condition.lines)
        answer = pages.document({"error": pages.WORDS[state][0]}, 502 if state == "ready" else 503)
        answer.headers["Retry-After"] = "2"
        return answer

    def _live(self) -> Mapping[str, str]:
        return {
            "state": pages.WORDS[self.condition.state()][0], "running for": posture.since(self._started),
            "disk": posture.disk(self._disk), "sessions": str(self.state.sessions()),
            "open websockets": str(len(self.sockets)),
        }  # fmt: skip

    def gauges(self) -> Mapping[str, float]:
        """For the metrics."""
        return {"catalyst_websockets": len(self.sockets), "catalyst_sessions": self.state.sessions(),
                "catalyst_comfyui_up": float(self.condition.answers())}  # fmt: skip

    async def end_what_is_over(self) -> None:
        """Websockets whose session or token counts no more: expired, or revoked by the command line."""
        self.pool.close_idle()
        self.state.forget_old_sessions(self.config.lives)
        for one in self.sockets.credentials():
            if not self.counts_still(one):
                await self.sockets.end(one)

    def counts_still(self, credential: bytes) -> bool:
        """Whether it is a session or a token."""
        return self.state.holds_session(credential, self.config.lives) or self.state.holds_token(credential)

    async def close(self) -> None:
        """Say goodbye to the websockets and let go of ComfyUI."""
        await self.sockets.end(code=AWAY)
        self.pool.close_idle(age=0)
        await self.session.close()
        self.state.close()


class Admitted:
    """A request that goes to ComfyUI (outside.Admitted)."""

    __slots__ = ("_asked", "_began", "_gateway", "_who", "more", "most")

    def __init__(self, gateway: Gateway, asked: Asked, who: Visitor) -> None:
        self._gateway, self._asked, self._who, self._began = gateway, asked, who, time.monotonic()
        self.most, self.more = gateway.config.most_upload, gateway.lasting(asked.headers.get("Host", ""))
        if gateway.config.wiping:  # no picture of a node's own route either
            self.more = (*self.more, headers.NO_STORE)

    def told(self, status: int) -> None:
        """It was answered so."""
        self._gateway.note(self._asked, self._who, status, self._began)

    def is_over(self) -> bool:
        """The login it came with counts no more."""
        return not self._gateway.counts_still(self._who.credential)

    def instead(self, status: int) -> web.Response:
        """What is said in ComfyUI's place."""
        return self._gateway.instead(self._asked.headers, status)


def _is_own(path: str) -> bool:
    return path == OWN or path.startswith(f"{OWN}/") or path in HEALTH


def _is_local(host: str) -> bool:
    name = host.rpartition(":")[0] or host
    return name == "localhost" or name.strip("[]").replace(".", "").replace(":", "").isdigit() or name.startswith("[")
