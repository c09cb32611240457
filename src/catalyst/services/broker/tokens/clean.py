"""A request as it goes to a token's host: nothing in it that says who asks, but for the token where one fits. Pure."""

from urllib.parse import unquote_plus

from catalyst.secret import Secret
from catalyst.services.broker.head import BadHead, Head
from catalyst.services.broker.plain import HOP

# Beside a token only these: a field such as X-HTTP-Method-Override or X-Original-URL makes another request of it.
BESIDE_A_TOKEN = frozenset({
    b"accept", b"accept-language", b"user-agent", b"range", b"if-range", b"if-match", b"if-none-match",
    b"if-modified-since", b"if-unmodified-since", b"cache-control", b"content-length", b"x-amzn-trace-id",
})  # fmt: skip
CREDENTIALS = frozenset({
    b"authorization", b"cookie", b"cookie2", b"proxy-authorization", b"x-api-key", b"api-key", b"apikey", b"x-auth-token",
    b"x-access-token", b"private-token", b"x-goog-api-key", b"x-csrf-token",
})  # fmt: skip
QUERY = frozenset({"token", "access_token", "accesstoken", "auth_token", "api_token", "hf_token", "api_key", "apikey",
                   "private_token", "authorization"})  # fmt: skip
# A session that the host opens for the token would be one more credential, for the workload to keep.
NOT_ANSWERED = frozenset({b"set-cookie", b"set-cookie2", b"alt-svc", b"authentication-info"})


def request(head: Head, host: str, port: int, token: Secret | None) -> bytes:
    """The head that is sent on. Raises BadHead where Connection names a field that the request needs."""
    named = {one.strip().lower() for one in (head.get(b"connection") or b"").split(b",")}
    if named & {b"host", b"content-length", b"transfer-encoding"}:
        raise BadHead("connection names a field of the request")
    gone = HOP | named | CREDENTIALS | {b"accept-encoding"}
    kept = [(name, value) for name, value in head.fields
            if name not in gone and (token is None or name in BESIDE_A_TOKEN)]  # fmt: skip
    # Compressed, an answer could not be searched for the token.
    ours = [(b"host", (host if port == 443 else f"{host}:{port}").encode()), (b"accept-encoding", b"identity"),
            (b"connection", b"close")]  # fmt: skip
    if token is not None:
        ours.append((b"authorization", b"Bearer " + token.reveal().encode()))
    first = f"{head.method} {target(head.target)} HTTP/1.1".encode()
    return b"\r\n".join([first, *(name + b": " + value for name, value in (*ours, *kept))]) + b"\r\n\r\n"


def target(text: str) -> str:
    """Path and query without parameters that carry a credential."""
    path, mark, query = text.partition("?")
    kept = [one for part in query.split("&") if (one := ";".join(_harmless(part.split(";"))))]
    return f"{path}{mark}{'&'.join(kept)}" if kept else path


def _harmless(parameters: list[str]) -> list[str]:
    return [one for one in parameters if unquote_plus(one.partition("=")[0]).strip().lower() not in QUERY]


def answered(fields: tuple[tuple[bytes, bytes], ...]) -> list[tuple[bytes, bytes]]:
    """The fields of an answer that the workload gets, without those about its length: who sends the body says them."""
    gone = (HOP - {b"proxy-authenticate"}) | NOT_ANSWERED | {b"content-length", b"transfer-encoding"}
    return [(name, value) for name, value in fields if name not in gone]
