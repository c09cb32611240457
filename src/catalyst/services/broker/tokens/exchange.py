"""One request to a token's host: TLS with the program ends here, and TLS with the host begins here.

One request for each connection, so that no second one can hide behind the first. A redirect goes to the program as it is:
what it then asks another host for begins anew, without a token. Runs in a thread; every wait has an end.
"""

import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress

from catalyst.egress.hub import HUB, HUB_PORT
from catalyst.errors import plain as printable
from catalyst.guard.record import Record
from catalyst.services.broker import plain, wire
from catalyst.services.broker.head import BadHead, Head, origin_host, parse_head
from catalyst.services.broker.plain import BadAnswer
from catalyst.services.broker.tokens import clean
from catalyst.services.broker.tokens.authority import PROTOCOL, Authority
from catalyst.services.broker.tokens.choose import token_for
from catalyst.services.broker.tokens.echo import Echoed, Watch, forms
from catalyst.services.broker.tokens.stream import Stream
from catalyst.services.broker.tunnel import IDLE, Tunnel
from catalyst.vault.document import Token
from catalyst.vault.reading import Place

SECONDS = 30.0  # to shake hands, and for each part of a request's head
CLOSING = 2.0
WITHHELD = "the answer held the token and was withheld"


class Outcome(Record):
    """For the log. `token`: the name of the one that went along; `verdict` and `why` where it did not end well."""

    token: str = ""
    verdict: str = ""
    why: str = ""


class _Answer(Record):
    """What a host said, understood: `head` as it came, `body` in pieces, `length` None where it is not known."""

    first: bytes
    status: int
    fields: tuple[tuple[bytes, bytes], ...]
    head: bytes
    body: Iterator[bytes]
    length: int | None


class Injector:
    """Holds the tokens. `roots`: further certificates, PEM, that a host may be signed by; `xet`: Xet's tokens may be asked
    for. No token, and no part of a request, is in anything it says."""

    def __init__(self, tokens: Iterable[Token], *, roots: str = "", xet: bool = False) -> None:
        self.tokens, self._xet = tuple(tokens), xet
        self._places = {_place(host) for one in self.tokens for host in one.hosts}
        self._forms = {place: {form for one in self.tokens if place in map(_place, one.hosts)
                               for form in forms(one.value.reveal())} for place in self._places}  # fmt: skip
        self._authority = Authority(host for host, _ in self._places)
        self.certificate = self._authority.certificate
        self._outward = ssl.create_default_context()
        self._outward.set_alpn_protocols([PROTOCOL])
        if roots:
            self._outward.load_verify_locations(cadata=roots)

    def hosts(self) -> list[tuple[str, int]]:
        """Where a token may go."""
        return sorted(self._places)

    def ends(self, host: object, port: int) -> bool:
        """Does TLS to there end here?"""
        return (host, port) in self._places

    def exchange(self, tunnel: Tunnel, client: socket.socket, upstream: socket.socket, *, hub: bool) -> Outcome:
        """Carry one request and its answer. `hub`: the program speaks plain HTTP, to the hub's name. Raises no OSError."""
        for one in (client, upstream):
            one.setblocking(True)
            one.settimeout(SECONDS)
        try:
            near = client.dup() if hub else self._shaken(client.dup(), str(tunnel.host))
        except (OSError, ValueError) as error:
            return Outcome("", "refused", f"TLS with the program: {_words(error)}")
        with closing(near):
            outcome = self._one(tunnel, near, upstream, hub=hub)
            if not outcome.verdict:
                _say_goodbye(near)
            return outcome

    def _shaken(self, client: socket.socket, host: str) -> ssl.SSLSocket:
        return self._authority.context(host).wrap_socket(client, server_side=True)

    def _one(self, tunnel: Tunnel, near: socket.socket, upstream: socket.socket, *, hub: bool) -> Outcome:
        said, token, stream = False, None, Stream(near)
        try:
            head = parse_head(stream.head(wire.MOST_HEAD))
            length = self._for_us(head, stream, tunnel, hub=hub)
            token = None if length else self._token(tunnel, head)
            with closing(self._outward.wrap_socket(upstream.dup(), server_hostname=str(tunnel.host))) as far:
                self._ask(tunnel, far, head, token, stream.exactly(length))
                answer, watch = _understood(Stream(far), head.method), self._watch(tunnel)
                watch.look(answer.head)
                said = True
                _tell(tunnel, near, head, answer, watch)
        except BadHead as bad:
            return _ended(near, token, "refused", str(bad), 400, said=said)
        except BadAnswer as bad:
            return _ended(near, token, "failed", f"answer: {bad}", 502, said=said)
        except Echoed:
            return _ended(near, token, "refused", WITHHELD, 502, said=said)
        except ssl.SSLCertVerificationError as error:
            return _ended(near, token, "failed", f"the host's certificate: {_words(error)}", 502, said=said)
        except (OSError, ValueError) as error:
            return _ended(near, token, "failed", f"cut off: {_words(error)}", 502, said=said)
        return Outcome(token.name if token else "")

    def _for_us(self, head: Head, stream: Stream, tunnel: Tunnel, *, hub: bool) -> int:
        """The length of its body. Raises BadHead where the request is for another host."""
        wanted = (HUB, HUB_PORT) if hub else (tunnel.host, tunnel.port)
        if origin_host(head, HUB_PORT if hub else 443) != wanted:
            raise BadHead("the HTTP host differs from the host")
        return plain.body_length(head, stream.ahead)

    def _token(self, tunnel: Tunnel, head: Head) -> Token | None:
        place = Place(str(tunnel.host), tunnel.port, head.method, head.target.partition("?")[0])
        return token_for(self.tokens, place, xet=self._xet)

    def _watch(self, tunnel: Tunnel) -> Watch:
        """For every token that this host could know, whether it went along now or before."""
        return Watch(self._forms.get((str(tunnel.host), tunnel.port), ()))

    @staticmethod
    def _ask(tunnel: Tunnel, far: socket.socket, head: Head, token: Token | None, body: Iterator[bytes]) -> None:
        sent = clean.request(head, str(tunnel.host), tunnel.port, token.value if token else None)
        far.sendall(sent)
        tunnel.sent += len(sent)
        for piece in body:
            far.sendall(piece)
            tunnel.sent += len(piece)
        far.settimeout(plain.SECONDS)


def _place(host: str) -> tuple[str, int]:
    name, _, port = host.partition(":")
    return name, int(port or 443)


def _understood(stream: Stream, method: str) -> _Answer:
    """The head of the answer. Raises BadAnswer, OSError."""
    for _ in range(plain.INTERIM):
        try:
            head = stream.head(plain.MOST_RESPONSE_HEAD)
        except BadHead as why:
            raise BadAnswer(str(why)) from None
        first, status, fields = plain.parse_answer(head)
        if status >= 200:
            length, body = _body(stream, method, status, fields)
            return _Answer(first, status, fields, head, body, length)
    raise BadAnswer("interim answers without end")


def _body(
    stream: Stream, method: str, status: int, fields: tuple[tuple[bytes, bytes], ...]
) -> tuple[int | None, Iterator[bytes]]:
    """Its length, None where the body says itself where it ends, and the body (RFC 9112 6.3). Raises BadAnswer."""
    said = {name: [value for one, value in fields if one == name]
            for name in (b"content-length", b"transfer-encoding", b"content-encoding")}  # fmt: skip
    lengths, codings = said[b"content-length"], [one.lower() for one in said[b"transfer-encoding"]]
    if len(set(lengths)) > 1 or not all(one.isdigit() and len(one) < 19 for one in lengths) or (lengths and codings):
        raise BadAnswer("a length that can be read in two ways")
    length = int(lengths[0]) if lengths else None
    if method == "HEAD" or status in {204, 304}:
        return length or 0, iter(())
    if any(one.lower() != b"identity" for one in said[b"content-encoding"]):
        raise BadAnswer("compressed though it was not asked for, so it cannot be searched for the token")
    if codings and codings != [b"chunked"]:
        raise BadAnswer("a transfer coding that is not known")
    if length is not None:
        return length, stream.exactly(length)
    return None, stream.chunked() if codings else stream.until_end()


def _tell(tunnel: Tunnel, near: socket.socket, head: Head, answer: _Answer, watch: Watch) -> None:
    """The answer, searched, to the program. Raises Echoed, BadAnswer, OSError: then it is cut, and does not look whole."""
    near.settimeout(IDLE)
    chunks = answer.length is None and head.minor == 1
    about = b"Transfer-Encoding: chunked" if chunks else b"Content-Length: %d" % (answer.length or 0)
    lines = [answer.first, *(name + b": " + value for name, value in clean.answered(answer.fields)),
             *([about] if chunks or answer.length is not None else []), b"Connection: close"]  # fmt: skip
    near.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
    for piece in _searched(answer.body, watch):
        near.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunks else piece)
        tunnel.received += len(piece)
    if chunks:
        near.sendall(b"0\r\n\r\n")


def _searched(body: Iterator[bytes], watch: Watch) -> Iterator[bytes]:
    for piece in body:
        if clear := watch.through(piece):
            yield clear
    if clear := watch.rest():
        yield clear


def _ended(near: socket.socket, token: Token | None, verdict: str, why: str, status: int, *, said: bool) -> Outcome:
    """It failed; the program is told, unless an answer has begun."""
    if not said:
        with suppress(OSError, ValueError):
            near.sendall(wire.reply(status, why))
            _say_goodbye(near)
    return Outcome(token.name if token else "", verdict, why)


def _say_goodbye(near: socket.socket) -> None:
    """TLS says that this is the end, and that nothing was cut off."""
    if isinstance(near, ssl.SSLSocket):
        near.settimeout(CLOSING)
        with suppress(OSError, ValueError):
            near.unwrap().close()


def _words(error: Exception) -> str:
    """A reason that holds nothing of the request: OpenSSL's, or the system's."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return printable(error.verify_message, 120)
    if isinstance(error, ssl.SSLError):
        return printable(str(error.reason).lower(), 80)
    return printable((getattr(error, "strerror", None) or "no answer in time").lower(), 80)
