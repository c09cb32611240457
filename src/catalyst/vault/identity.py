"""Where the identity comes from: a file, a descriptor, a credential of systemd, a secret of Docker or Kubernetes."""

import os
import stat
from collections.abc import Callable

from catalyst.errors import PathRefused, VaultLocked, VaultMissing, pasted
from catalyst.guard.record import Record
from catalyst.secret import Secret
from catalyst.vault.files import Folder, ours_alone, read_all
from catalyst.vault.names import CREDENTIAL, SECRETS
from catalyst.vault.names import IDENTITY_SETTING as SETTING

Prompt = Callable[[str], Secret]


class Unlock(Record):
    """What opens a vault: the identity file's bytes, its passphrase where it is sealed, and where it came from."""

    identity: bytes
    passphrase: Secret | None
    source: str

    def __repr__(self) -> str:
        return f"Unlock(source={self.source!r})"

    def own_file(self, folder: Folder) -> str:
        """The identity's name in the vault's folder. Raises VaultLocked when it is kept elsewhere, where we do not write."""
        parent, name = os.path.split(self.source)
        if not name or os.path.realpath(parent) != folder.path or not name.startswith(folder.name):
            raise VaultLocked("its identity is not kept beside it, so it cannot be exchanged here",
                              "make one by age-keygen; catalyst vault recipients --add NEW --remove OLD")  # fmt: skip
        return name


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100  # Path.resolve() would follow a link that must be refused


def find(vault: str, named: str, credentials: str, prompt: Prompt) -> Unlock:
    """The identity of `vault`: `named` (a path or `fd:N`), else one beside the vault, in `credentials` (systemd's
    CREDENTIALS_DIRECTORY) or in /run/secrets. A sealed one asks `prompt` for its passphrase.

    Raises VaultMissing without a vault, VaultLocked when there is no identity, PathRefused when others could read or
    exchange it.
    """
    if not os.path.lexists(vault):
        raise VaultMissing(vault)
    if named.startswith("fd:"):
        return _sealed(_descriptor(named), named, prompt)
    if named:
        return _sealed(_file(_absolute(named), credentials), _absolute(named), prompt)
    full = _absolute(vault)
    places = [f"{full}.key", f"{full}.key.age", *(f"{folder}/{CREDENTIAL}" for folder in (credentials, SECRETS) if folder)]
    for path in places:
        if os.path.lexists(path):
            return _sealed(_file(path, credentials), path, prompt)
    raise VaultLocked("no identity was found beside it, among systemd's credentials or in /run/secrets")


def would_open(vault: str, named: str) -> str:
    """The file that `find` takes on this machine, for whoever mounts it elsewhere; it need not be there yet."""
    sealed = f"{vault}.key.age"
    return named or (sealed if os.path.lexists(sealed) and not os.path.lexists(f"{vault}.key") else f"{vault}.key")


def mounted(setting: str, path: str, credentials: str = "") -> bytes | None:
    """A secret that the system mounted, in one of the folders where it does so; None for any other file. Raises PathRefused.

    Kubernetes links a secret's name to a folder that it exchanges as a whole: links are followed.
    """
    folders = [folder.rstrip("/") for folder in (credentials, SECRETS) if folder]
    if os.path.split(path)[0] not in {*folders, *map(os.path.realpath, folders)}:
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        hint = f"user {os.geteuid()} must be able to read it; look at it: ls -lL {pasted(path)}"
        raise PathRefused(setting, path, os.strerror(error.errno or 0).lower(), hint) from error
    try:
        status = os.fstat(descriptor)
        # root's or ours, and nobody else writes it; Docker makes it readable for all
        if not stat.S_ISREG(status.st_mode) or status.st_uid not in {os.geteuid(), 0} or status.st_mode & 0o022:
            raise PathRefused(setting, path, "others could have written it", f"ls -lL {pasted(path)}")
        return read_all(path, descriptor)
    finally:
        os.close(descriptor)


def _sealed(identity: bytes, source: str, prompt: Prompt) -> Unlock:
    sealed = identity.lstrip().startswith((b"age-encryption.org/", b"-----BEGIN AGE"))
    return Unlock(identity, prompt(f"passphrase of {source}") if sealed else None, source)


def _descriptor(named: str) -> bytes:
    number = named.removeprefix("fd:")
    if not number.isdecimal() or len(number) > 4 or int(number) < 3:
        raise PathRefused(SETTING, named, "a descriptor is a number from 3 on", "--vault-identity fd:3 3<FILE")
    try:
        return read_all(named, int(number))
    except OSError as error:
        raise PathRefused(SETTING, named, os.strerror(error.errno or 0).lower(), "--vault-identity fd:3 3<FILE") from error


def _file(path: str, credentials: str) -> bytes:
    secret = mounted(SETTING, path, credentials)
    if secret is not None:
        return secret
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise PathRefused(SETTING, path, os.strerror(error.errno or 0).lower(), "name the identity file itself") from error
    try:
        ours_alone(path, os.fstat(descriptor))
        return read_all(path, descriptor)
    finally:
        os.close(descriptor)
