"""The certificates that programs in the sandbox trust where the broker ends TLS for some hosts."""

import os
import ssl
from contextlib import suppress
from pathlib import Path

from catalyst.errors import CertificateUnusable, pasted, plain, shown
from catalyst.render.host_files import ETC
from catalyst.render.session import TRUST_FILE
from catalyst.settings import Settings

# Debian and Alpine, Fedora and its kin, SUSE, and what OpenSSL itself was built with.
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
           "/etc/ssl/ca-bundle.pem", ssl.get_default_verify_paths().openssl_cafile)  # fmt: skip
OF_IMAGES = BUNDLES[0]  # our image is a Debian


def system() -> str:
    """The system's own bundle, as what it leads to; empty where there is none."""
    return next((os.path.realpath(path) for path in BUNDLES if Path(path).is_file()), "")


def shown_over(*, own_files: bool) -> tuple[str, ...]:
    """Where a sandbox has the system's bundle, which programs read that know no variable; nowhere if it shows none.

    `own_files`: the sandbox has this host's files.
    """
    if not own_files:
        return (OF_IMAGES,)
    found = system()
    return (found,) if any(found.startswith(f"{folder}/") for folder in ETC) else ()


def further(settings: Settings) -> str:
    """The owner's further authorities, PEM; empty where there are none. Raises CertificateUnusable."""
    path = settings.extra_roots
    if not path:
        return ""
    try:
        text = Path(path).read_text(encoding="ascii")
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise CertificateUnusable(f"CATALYST_EXTRA_ROOTS {shown(path)} cannot be used: {plain(str(error)).lower()}",
                                  f"look at it: openssl x509 -noout -text -in {pasted(path)}") from error  # fmt: skip
    return text


def document(settings: Settings) -> int:
    """A descriptor that holds `further`. Raises CertificateUnusable."""
    descriptor = os.memfd_create("roots", os.MFD_CLOEXEC)
    os.write(descriptor, further(settings).encode("ascii"))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def write(folder: Path, settings: Settings, certificate: str) -> None:
    """The bundle, in the session's folder: anew, or over the one that a sandbox has mounted. Raises CertificateUnusable."""
    found = b""
    with suppress(OSError):
        found = Path(system() or os.devnull).read_bytes()
    text = b"\n".join((found, further(settings).encode("ascii"), certificate.encode("ascii")))
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(folder / TRUST_FILE, flags, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o644)
            file.write(text)
    except OSError as error:
        why = f"{len(text)} bytes in {shown(str(folder))}: {(error.strerror or str(error)).lower()}"
        raise CertificateUnusable(f"the certificates to trust cannot be written: {why}",
                                  f"is there room? df {pasted(str(folder))}") from error  # fmt: skip
