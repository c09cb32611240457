"""The certificate that the interface is served with: the owner's, or one of our own making."""

import os
import time
from pathlib import Path

from catalyst.engine import process
from catalyst.errors import CertificateUnusable, pasted, plain, shown
from catalyst.settings import Settings

DAYS = 397  # what browsers accept at most of one that an authority signed (CA/Browser Forum ballot SC-31)
RENEW = 30 * 86400  # s before its end


def files(settings: Settings, kept: Path) -> tuple[str, str] | None:
    """Certificate and key; None where plain http is served. Raises CertificateUnusable."""
    if settings.tls_certificate:
        for name, path in (("CATALYST_TLS_CERTIFICATE", settings.tls_certificate), ("CATALYST_TLS_KEY", settings.tls_key)):
            _readable(name, path)
        return _matching(settings.tls_certificate, settings.tls_key)
    if settings.self_signed:
        return _made(settings, kept)
    return None


def _readable(name: str, path: str) -> None:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        raise CertificateUnusable(f"{name} {shown(path)}: {(error.strerror or '').lower()}",
                                  f"look at it: ls -l {pasted(path)}") from error  # fmt: skip


def _matching(certificate: str, key: str) -> tuple[str, str]:
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise CertificateUnusable(f"CATALYST_TLS_CERTIFICATE {shown(certificate)} and its key cannot be used: "
                                  f"{plain(str(error)).lower()}",
                                  f"look at it: openssl x509 -noout -text -in {pasted(certificate)}") from error  # fmt: skip
    return certificate, key


def _made(settings: Settings, kept: Path) -> tuple[str, str]:
    """An elliptic-curve key and a certificate for the names of this interface, kept until shortly before it ends."""
    certificate, key, names = kept / "self-signed.pem", kept / "self-signed.key", kept / "self-signed.names"
    wanted = ",".join(_names(settings))
    with_same_names = names.is_file() and names.read_text(encoding="utf-8") == wanted
    if certificate.is_file() and with_same_names and time.time() - certificate.stat().st_mtime < DAYS * 86400 - RENEW:
        return _matching(str(certificate), str(key))
    os.close(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))  # openssl keeps the mode
    done = process.run([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-sha256", "-nodes",
        "-days", str(DAYS), "-subj", "/CN=Catalyst", "-addext", f"subjectAltName={wanted}", "-addext",
        "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth",
        "-keyout", str(key), "-out", str(certificate),
    ])  # fmt: skip
    if done.code:
        hint = "install openssl, or give a certificate: --tls-certificate FILE --tls-key FILE"
        raise CertificateUnusable(f"no certificate could be made: {plain(done.err.strip())[-200:].lower()}", hint)
    names.write_text(wanted, encoding="utf-8")
    return _matching(str(certificate), str(key))


def _names(settings: Settings) -> list[str]:
    """What the certificate is for, as openssl writes it."""
    hosts = dict.fromkeys(one.partition(":")[0] for one in settings.allow_host)
    own = [] if settings.bind in {"0.0.0.0", "::"} else [settings.bind]  # noqa: S104 -- compared, not bound
    addresses = dict.fromkeys(["127.0.0.1", "::1", *own])
    return ["DNS:localhost", *(f"DNS:{host}" for host in hosts), *(f"IP:{address}" for address in addresses)]


def fingerprint(certificate: str) -> str:
    """The SHA-256 that a browser shows of it, for the owner to compare."""
    import hashlib
    import ssl

    raw = hashlib.sha256(ssl.PEM_cert_to_DER_cert(Path(certificate).read_text(encoding="ascii"))).hexdigest().upper()
    return ":".join(raw[at : at + 2] for at in range(0, len(raw), 2))
