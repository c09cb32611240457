"""One connection of the workload's after the other: read, decide, dial, carry, write down."""

import asyncio
import contextlib
import errno
import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from catalyst.egress.addresses import Address
from catalyst.egress.hub import BEHIND_HUB, HUB, HUB_PORT
from catalyst.errors import plain as printable
from catalyst.guard.record import replace
from catalyst.services.broker import dns, plain, wire
from catalyst.services.broker.decide import Policy, Verdict
from catalyst.services.broker.dial import DialFailed, Dialler
from catalyst.services.broker.first import Refused, first_bytes
from catalyst.services.broker.head import BadHead, Head, Target, absolute_target, connect_target, parse_head
from catalyst.services.broker.journal import Decision, Journal
from catalyst.services.broker.names import Names
from catalyst.services.broker.rate import Rate
from catalyst.services.broker.threads import in_thread
from catalyst.services.broker.tunnel import Tunnel, Tunnels, carry, carry_back

if TYPE_CHECKING:
    from catalyst.services.broker.tokens.exchange import Injector

DNS_PORT = 53
DNS_SECONDS = 30.0
DNS_QUERIES = 1000  # on one connection
MOST = 1024  # connections at once
DESCRIPTORS = 10  # of each: two sockets, their copies, two pipes, a lookup


class Denied(Exception):
    """The request ends with this verdict."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.why)
        self.verdict = verdict


class Broker:
    """Everything one listener needs."""

    def __init__(self, policy: Policy, journal: Journal, injector: "Injector | None" = None, *, descriptors: int) -> None:
        self.policy, self.journal, self.injector = policy, journal, injector
        self.token_uses: dict[str, float] = {}  # name -> when it last went along
        self.names, self.tunnels, self.dialler, self.queries = Names(), Tunnels(), Dialler(), Rate(200, 400)
        self._hub = self.names.keep(HUB) if injector else None
        self._free = max(1, min(MOST, descriptors // DESCRIPTORS))
        self._running: set[asyncio.Task[None]] = set()

    async def serve(self, listener: socket.socket) -> None:
        """Accept for ever."""
        loop = asyncio.get_running_loop()
        listener.setblocking(False)
        while True:
            try:
                client, _ = await loop.sock_accept(listener)
            except OSError:  # out of descriptors for now
                await asyncio.sleep(0.05)
                continue
            client.setblocking(False)
            task = asyncio.create_task(self._guarded(client))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _guarded(self, client: socket.socket) -> None:
        """One connection; whatever happens to it happens to it alone."""
        with client, contextlib.suppress(OSError, TimeoutError):
            if self._free <= 0:
                await wire.send(client, wire.reply(502, "too many connections", errno.ECONNREFUSED))
                return
            self._free -= 1
            try:
                await self._request(client)
            finally:
                self._free += 1

    async def _request(self, client: socket.socket) -> None:
        decision = Decision(self.journal.now(), "", "", None, "malformed")
        try:
            data, early = await wire.read_head(client)
            if not data:
                return
            head = parse_head(data)
            target = connect_target(head) if head.method == "CONNECT" else absolute_target(head)
            decision = replace(decision, program=_program(head), host=str(target.host), port=target.port)
            if head.method == "CONNECT":
                await self._tunnel(client, target, early, decision)
            else:
                await self._forward(client, head, target, early, decision)
        except BadHead as bad:
            self.journal.add(replace(decision, verdict="malformed", why=str(bad)))
            await wire.send(client, wire.reply(400, str(bad)))

    async def _tunnel(self, client: socket.socket, target: Target, early: bytes, decision: Decision) -> None:
        """CONNECT."""
        if early:
            raise BadHead("bytes behind the head")
        if target.port == DNS_PORT:
            await wire.send(client, wire.ESTABLISHED)
            await self._resolver(client, decision)
            return
        hub = self._is_hub(target)
        found = await self._reach(client, Target(BEHIND_HUB, 443) if hub else target, decision)
        if found is None:
            return
        host, upstream, tunnel, decision = found
        with upstream, self.names.held(HUB if hub else str(host)):
            try:
                await wire.send(client, wire.ESTABLISHED)
                if self.injector and (hub or self.injector.ends(host, target.port)):
                    decision = await self._with_token(self.injector, tunnel, (client, upstream), decision, hub=hub)
                    return
                if isinstance(host, str) and not self.policy.internet:
                    first = await first_bytes(client, upstream, host, target.port)
                    await wire.send(upstream, first)
                    tunnel.sent += len(first)
                self.journal.opened(decision)
                await carry(tunnel, client, upstream)
            except Refused as refused:
                decision = replace(decision, verdict="refused", why=str(refused))
                await wire.send(client, refused.reply)
            finally:
                self._over(tunnel, decision)

    def _is_hub(self, target: Target) -> bool:
        """Is it the hub's own name, which the broker serves?"""
        return self._hub is not None and target.port == HUB_PORT and target.host in (HUB, self._hub)

    async def _with_token(
        self, injector: "Injector", tunnel: Tunnel, ends: tuple[socket.socket, socket.socket], decision: Decision,
        *, hub: bool,
    ) -> Decision:
        """TLS ends here; the decision as it is when the exchange is over."""
        self.journal.opened(decision)
        outcome = await in_thread(lambda: injector.exchange(tunnel, *ends, hub=hub))
        if outcome.token:
            self.token_uses[outcome.token] = self.journal.now()
        verdict = outcome.verdict or decision.verdict
        return replace(decision, verdict=verdict, why=outcome.why, token=outcome.token)

    async def _forward(self, client: socket.socket, head: Head, target: Target, early: bytes, decision: Decision) -> None:
        """A plain request."""
        length, sent = plain.body_length(head, early), plain.origin_form(head, target)
        found = await self._reach(client, target, decision)
        if found is None:
            return
        host, upstream, tunnel, decision = found
        with upstream, self.names.held(str(host)):
            try:
                self.journal.opened(decision)
                await wire.send(upstream, sent)
                await plain.send_body(client, upstream, early, length)
                tunnel.sent += len(sent) + length
                answer = await plain.answer_head(upstream)
                await wire.send(client, answer)
                tunnel.received += len(answer)
                await carry_back(tunnel, client, upstream)
            except plain.BadAnswer as bad:
                decision = replace(decision, verdict="failed", why=f"answer: {bad}")
                await wire.send(client, wire.reply(502, f"answer: {bad}", errno.EPROTO))
            finally:
                self._over(tunnel, decision)

    def _over(self, tunnel: Tunnel, decision: Decision) -> None:
        self.tunnels.remove(tunnel)
        self.journal.add(replace(decision, sent=tunnel.sent, received=tunnel.received))

    async def _reach(
        self, client: socket.socket, target: Target, decision: Decision
    ) -> tuple[str | Address, socket.socket, Tunnel, Decision] | None:
        """Decide and dial. None: it was refused or failed, written down, and the client knows."""
        try:
            host = self._meant(target.host)
            decision = replace(decision, host=str(host))
            verdict = self._or_denied(self.policy.host(host, target.port))
            decision = replace(decision, verdict="allowed", rule=verdict.rule)
            addresses = await self.dialler.resolve(host, target.port) if isinstance(host, str) else [host]
            self._or_denied(self.policy.answers(host, target.port, addresses))
            upstream, address = await self.dialler.connect(addresses, target.port)
        except Denied as denied:
            self.journal.add(replace(decision, verdict="refused", why=str(denied), rule="", instead=denied.verdict.instead))
            await wire.send(client, wire.reply(403, str(denied)))
            return None
        except DialFailed as failed:
            self.journal.add(replace(decision, verdict="failed", why=f"{failed} ({errno.errorcode.get(failed.number, '')})"))
            await wire.send(client, wire.reply(failed.status, str(failed), failed.number))
            return None
        tunnel = Tunnel(host, target.port, address, (client, upstream))
        self.tunnels.add(tunnel)
        if not self.policy.still(host, target.port, address):  # denied while it was dialled
            tunnel.end()
        return host, upstream, tunnel, decision

    def _meant(self, host: str | Address) -> str | Address:
        """The name that a stand-in address means."""
        if isinstance(host, ipaddress.IPv4Address) and host in self.names.network:
            name = self.names.name(host)
            if name is None:
                raise Denied(Verdict(False, "", "this address stands for no name"))
            return name
        return host

    @staticmethod
    def _or_denied(verdict: Verdict) -> Verdict:
        if not verdict.allowed:
            raise Denied(verdict)
        return verdict

    async def _resolver(self, client: socket.socket, decision: Decision) -> None:
        """DNS over TCP: messages with two bytes of length before each (RFC 7766)."""

        def lookup(name: str) -> ipaddress.IPv4Address | None:
            if name == HUB and self._hub:
                return self._hub
            verdict = self.policy.host(name, None)
            if not verdict.allowed:
                self.journal.add(replace(decision, host=name, port=None, verdict="refused",
                                         why=f"name: {verdict.why}", instead=verdict.instead))  # fmt: skip
                return None
            return self.names.address(name)

        for _ in range(DNS_QUERIES):
            async with asyncio.timeout(DNS_SECONDS):
                length = int.from_bytes(await _exactly(client, 2))
                if not 12 <= length <= dns.LONGEST:
                    return
                query = await _exactly(client, length)
            await self.queries.wait()
            answer = dns.answer(query, lookup)
            if answer is None:
                return
            await wire.send(client, len(answer).to_bytes(2) + answer)


async def _exactly(peer: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = await asyncio.get_running_loop().sock_recv(peer, count - len(data))
        if not more:
            raise ConnectionResetError("ended")
        data += more
    return data


def _program(head: Head) -> str:
    """The name the guard gives, percent-encoded; for the log only."""
    value = head.get(b"catalyst-program") or b""
    return printable(unquote_to_bytes(value[:192]).decode(errors="replace"), 64)
