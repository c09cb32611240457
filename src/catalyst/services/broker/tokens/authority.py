"""A certificate authority for one run, and a certificate for each host that has a token.

The authority's key signs those certificates and is dropped: nobody, the broker included, can sign another. It is bound to
those names besides (RFC 5280 4.2.1.10), so a sandbox that trusts it trusts it for nothing else.
"""

import os
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BEFORE, AFTER = timedelta(hours=24), timedelta(days=397)  # clocks differ; no client takes a leaf for longer
PROTOCOL = "http/1.1"


class Authority:
    """`certificate`: PEM, for the sandbox to trust. One TLS context for each of `hosts`."""

    def __init__(self, hosts: Iterable[str]) -> None:
        names = sorted(set(hosts))
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        certificate = _root(key, names, now)
        self.certificate = certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
        self._contexts = {name: _context(name, key, certificate, now) for name in names}

    def context(self, host: str) -> ssl.SSLContext:
        """For a client that asked for `host`; the handshake fails when it names another in TLS."""
        return self._contexts[host]


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - BEFORE)
    builder = builder.not_valid_after(now + AFTER)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(digital_signature=not signs, content_commitment=False, key_encipherment=False,
                         data_encipherment=False, key_agreement=False, key_cert_sign=signs, crl_sign=signs,
                         encipher_only=False, decipher_only=False)  # fmt: skip


def _root(key: ec.EllipticCurvePrivateKey, names: Iterable[str], now: datetime) -> x509.Certificate:
    name = _name(f"Catalyst, this run only, {os.urandom(4).hex()}")
    # An empty list would mean every name (RFC 5280), so a run without a host is bound to one that nobody has.
    only = x509.NameConstraints([x509.DNSName(one) for one in names] or [x509.DNSName("nobody.invalid")], None)
    builder = _begun(name, name, key.public_key(), now)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs=True), critical=True).add_extension(only, critical=True)
    return builder.sign(key, hashes.SHA256())


def _context(host: str, authority: ec.EllipticCurvePrivateKey, issuer: x509.Certificate, now: datetime) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _begun(_name("catalyst"), issuer.subject, key.public_key(), now)
    # Python from 3.13 on asks for the authority's key identifier (VERIFY_X509_STRICT).
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    for extension, critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True), (_usage(signs=False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName([x509.DNSName(host)]), False), (known, False),
    ):  # fmt: skip
        builder = builder.add_extension(extension, critical=critical)
    leaf = builder.sign(authority, hashes.SHA256())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols([PROTOCOL])
    _load(context, leaf, key)
    context.sni_callback = _only(host)
    return context


def _load(context: ssl.SSLContext, leaf: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    """ssl takes a key from a file only: one in memory."""
    encoding = serialization.Encoding.PEM
    pem = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with os.fdopen(os.memfd_create("leaf", os.MFD_CLOEXEC), "wb") as file:
        file.write(pem + leaf.public_bytes(encoding))
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")


def _only(host: str):  # type: ignore[no-untyped-def]  # its type is ssl's, and nameless
    def named(_socket: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        return None if (name or "").lower() == host else ssl.ALERT_DESCRIPTION_ACCESS_DENIED

    return named
