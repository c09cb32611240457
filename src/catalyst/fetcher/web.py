"""One GET: https only, redirects followed by hand, every answer bounded, every failure in words.

No credential is known here, so none can follow a redirect. Where tokens are added, the broker adds them.
"""

import http.client
import json
import os
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from catalyst.fetcher.failed import Failed
from catalyst.fetcher.way_out import connected

STALL = 30.0  # s without a byte
MOST_REDIRECTS = 8
LONGEST_URL = 8192
LARGEST_DOCUMENT = 32 << 20
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# CivitAI's front refuses urllib's own name (vast-ai/base-image#215).
AGENT = "catalyst-fetch"
# Where systems keep their roots; an interpreter built elsewhere looks in a folder that the sandbox does not have.
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
           "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem")  # fmt: skip


class Answer:
    """A response whose head was read. `length` is what it says of its body, None where it says nothing."""

    def __init__(self, response: http.client.HTTPResponse, host: str) -> None:
        self.status, self.host, self._response = response.status, host, response
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.getheaders()}
        length = self.headers.get("content-length", "")
        self.length = int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None
        self.delimited = self.length is not None or bool(response.chunked)
        self._left = self.length

    def read(self, most: int) -> bytes:
        """Up to `most` bytes as they come, none at the end or where it breaks off. Raises Failed."""
        if self._left is not None:  # http.client does not count what read1 gives, and would read on
            most = min(most, self._left)
        with speaking(self.host):
            data = self._response.read1(most) if most else b""
        if self._left is not None:
            self._left -= len(data)
        return data


@contextmanager
def get(url: str, site: str, headers: Mapping[str, str], wanted: frozenset[int] = frozenset({200})) -> Iterator[Answer]:
    """The answer to a GET of `url` at `site`, redirects followed. Raises Failed for a status that is not `wanted`."""
    parts = _checked(url, site)
    for _ in range(MOST_REDIRECTS):
        with speaking(parts.hostname or ""):
            connection = _connection(parts)
        try:
            with speaking(parts.hostname or ""):
                connection.request("GET", f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}",
                                   headers={"User-Agent": AGENT, "Accept-Encoding": "identity", **headers})  # fmt: skip
                answer = Answer(connection.getresponse(), parts.hostname or "")
            if answer.status not in REDIRECTS:
                yield _expected(answer, wanted)
                return
            url = _next(url, answer.headers.get("location", ""))
            parts = _checked(url, site)
        finally:
            connection.close()
    raise Failed(f"more than {MOST_REDIRECTS} redirects, the last one from {parts.hostname}")


def document(url: str, site: str) -> Any:
    """The JSON document at `url`. Raises Failed."""
    with get(url, site, {"Accept": "application/json"}) as answer:
        data = b""
        while part := answer.read(1 << 20):
            data += part
            if len(data) > LARGEST_DOCUMENT:
                raise Failed(f"{answer.host} answers with more than {LARGEST_DOCUMENT >> 20} MiB")
        if answer.length is not None and len(data) != answer.length:
            raise Failed(f"{answer.host} broke off its answer", again=True)
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise Failed(f"{answer.host} answers with something that is no JSON", again=True) from None


def _checked(url: str, site: str) -> SplitResult:
    """Raises Failed unless it is https, or on the very site that was named. No name or password goes into a request."""
    home = urlsplit(site)
    try:
        parts = urlsplit(url)
        right = bool(parts.hostname) and parts.username is None and parts.password is None and (parts.port or 1) > 0
    except ValueError:
        right, parts = False, home
    if not right or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise Failed("it leads to an address that is none")
    if parts.scheme != "https" and (parts.scheme, parts.netloc) != (home.scheme, home.netloc):
        raise Failed(f"it leads to {parts.hostname} without TLS")
    return parts


def _next(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise Failed("it leads to an address that is none") from None


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    host, port = parts.hostname or "", parts.port
    if parts.scheme != "https":
        plain = http.client.HTTPConnection(host, port or 80)
        plain.sock = connected(host, port or 80, STALL)
        return plain
    secure = http.client.HTTPSConnection(host, port or 443, context=_trust())
    bare = connected(host, port or 443, STALL)
    try:
        secure.sock = _trust().wrap_socket(bare, server_hostname=host)
    except BaseException:
        bare.close()
        raise
    return secure


@cache
def _trust() -> ssl.SSLContext:
    """SSL_CERT_FILE as OpenSSL has it, for a broker that ends TLS; else the system's roots."""
    named = os.environ.get("SSL_CERT_FILE")
    bundle = named or next((one for one in BUNDLES if os.path.exists(one)), None)
    return ssl.create_default_context(cafile=bundle)


def _expected(answer: Answer, wanted: frozenset[int]) -> Answer:
    status, host = answer.status, answer.host
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise Failed(f"{host} sends it compressed, which was not asked for")
    if status in wanted:
        return answer
    if status in {401, 403}:
        raise Failed(f"{host} wants a login or the acceptance of a licence ({status})",
                     "its site may lead elsewhere by now: catalyst fetch asks it again", login=host)  # fmt: skip
    if status in {404, 410}:
        raise Failed(f"{host} has no such file, version or revision, or shows it to its owner only ({status})")
    if status in {408, 425, 429} or status >= 500:
        raise Failed(f"{host} answers {status}", again=True, after=_after(answer.headers.get("retry-after", "")))
    raise Failed(f"{host} answers {status}")


def _after(value: str) -> float | None:
    """Retry-After: seconds, or a date (RFC 9110, 10.2.3). None where there is nothing that can be read."""
    if value.isascii() and value.isdigit() and len(value) < 8:
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


@contextmanager
def speaking(host: str) -> Iterator[None]:
    """What goes wrong with a connection, in words. What may pass by itself is worth another try."""
    try:
        yield
    except socket.gaierror as error:
        raise Failed(f"{host} is not found", again=error.errno == socket.EAI_AGAIN) from None
    except ssl.SSLCertVerificationError as error:
        raise Failed(f"{host} has a certificate that nobody vouches for: {error.verify_message}") from None
    except TimeoutError:
        raise Failed(f"{host} says nothing for {STALL:g} s", again=True) from None
    except (OSError, ssl.SSLError, http.client.HTTPException, ValueError, EOFError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise Failed(f"the connection to {host} broke: {str(why).lower()}", again=True) from None
