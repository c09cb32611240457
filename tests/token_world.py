"""A host with a certificate of a test's own authority, and a broker that holds a token for it.

The host does what a test says and keeps what reached it. Programs speak to it as those in the sandbox do: CONNECT through
the broker's socket, TLS that trusts the run's authority alone, one request.
"""

import json
import os
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from brokers import Broker, broker, drained, stub
from catalyst.secret import Secret
from catalyst.vault.document import METHODS, Token
from support import wait_for

VALUE = "hf_canary_0123456789abcdefABCDEF/+="  # with characters that are written in several ways
HOST = "localhost"
Answer = Callable[[bytes], bytes]


class Authority:
    """`pem`: whom to trust. `context`: for a server of these names."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._root = self._signed("test authority", self._key, [(x509.BasicConstraints(ca=True, path_length=None), True)])
        self.pem = self._root.public_bytes(serialization.Encoding.PEM).decode()

    def _signed(self, name: str, key: ec.EllipticCurvePrivateKey,
                extensions: Sequence[tuple[x509.ExtensionType, bool]]) -> x509.Certificate:  # fmt: skip
        now, issuer = datetime.now(UTC), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        builder = builder.not_valid_after(now + timedelta(days=2))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self._key, hashes.SHA256())

    def context(self, folder: Path, *names: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = self._signed("server", key, [(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)])
        file = folder / f"server-{os.urandom(4).hex()}.pem"
        file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()) + leaf.public_bytes(serialization.Encoding.PEM))  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


class World:
    """`running`: the broker. `port`: the host's. `reached`: what programs' requests looked like when they came there."""

    def __init__(self, running: Broker, port: int, reached: list[bytes]) -> None:
        self.running, self.port, self.reached, self._connections = running, port, reached, 0

    def connect(self, name: str = HOST, verify: bool = True) -> ssl.SSLSocket:
        """TLS with whoever answers for the host."""
        status, _, peer = self.running.connect(f"{HOST}:{self.port}")
        assert status == 200
        self._connections += 1
        context = ssl.create_default_context(cadata=self.running.answer_about_tokens["certificate"])
        if not verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            return context.wrap_socket(peer, server_hostname=name)
        except BaseException:
            peer.close()
            raise

    def send(self, data: bytes) -> bytes:
        """Everything that comes back for these bytes."""
        with self.connect() as peer:
            peer.sendall(data)
            return drained(peer)

    def get(self, target: str = "/", *fields: str, method: str = "GET", version: str = "1.1") -> bytes:
        """The answer to one request."""
        lines = [f"{method} {target} HTTP/{version}", f"Host: {HOST}:{self.port}", *fields, "", ""]
        return self.send("\r\n".join(lines).encode())

    def last(self) -> str:
        """The last request as it came to the host."""
        return self.reached[-1].decode("latin-1")

    def log(self) -> str:
        """The broker's log, once it has a line for each connection."""
        wait_for(lambda: len(self.running.log()) >= self._connections, "the broker's log")
        return json.dumps(self.running.log())


def ok(body: bytes = b"fine", *fields: str) -> bytes:
    """An ordinary answer."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


@contextmanager
def world(folder: Path, answer: Answer = lambda _: ok(), *, paths: tuple[str, ...] = ("/",),
          hosts: tuple[str, ...] = (HOST,), names: tuple[str, ...] = (HOST,),
          trusted: bool = True, value: str = VALUE) -> Iterator[World]:  # fmt: skip
    """`answer` is what the host says to a request; `hosts` those of the token, its port added; `names` the host's own."""
    authority, reached = Authority(), list[bytes]()
    context = authority.context(folder, *names)

    def serve(peer: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(peer, server_side=True) as secure:
            secure.settimeout(20)
            data = b""
            while b"\r\n\r\n" not in data:
                more = secure.recv(65536)
                if not more:
                    return
                data += more
            reached.append(data)
            secure.sendall(answer(data))
            with suppress(OSError):
                secure.unwrap()

    with stub(serve) as server:
        token = Token("HF_TOKEN", Secret(value), tuple(f"{host}:{server.port}" for host in hosts), METHODS, paths)
        rules = [f"{HOST}+loopback:{server.port}"]
        with broker(folder, rules, tokens=[token], roots=authority.pem if trusted else "") as running:
            yield World(running, server.port, reached)
