"""A password that whoever runs the container gives it as a mounted secret, where nobody is there to type one."""

import os
import stat

from catalyst.container import look
from catalyst.errors import PathRefused
from catalyst.instance import front
from catalyst.instance.store import Store
from catalyst.services.gateway import passwords

FILE = "/run/secrets/catalyst_password"
MOST = 4 * passwords.MOST + 2  # bytes: UTF-8 has at most four for a character; and the end of its line


def take(store: Store, file: str = FILE) -> bool:
    """Whether `file` is there; then its first line is the password. Sessions end where it is another one than before.

    Raises PathRefused where it cannot be used, and LoginStateUnusable: no start goes on with another than was meant.
    """
    try:
        os.lstat(file)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _refused(file, (error.strerror or "cannot be looked at").lower()) from error
    said = _read(file)
    if not passwords.LEAST <= len(said) <= passwords.MOST:
        raise _refused(file, f"it has {len(said)} characters; it must have {passwords.LEAST} to {passwords.MOST}")
    with front.logins(store) as state:
        if not passwords.right(state.password(), said):
            state.set_password(passwords.hashed(said))
    return True


def _read(file: str) -> str:
    """The first line. Kubernetes links a secret's name into a folder that it exchanges as a whole: links are followed."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            raw = os.read(descriptor, MOST) if stat.S_ISREG(status.st_mode) else b""
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _refused(file, (error.strerror or "cannot be read").lower()) from error
    if not stat.S_ISREG(status.st_mode):
        raise _refused(file, "it is not a file")
    if status.st_mode & 0o002:
        raise _refused(file, "everybody could have written it")
    try:
        return raw.partition(b"\n")[0].removesuffix(b"\r").decode()
    except UnicodeDecodeError as error:
        raise _refused(file, "it is not UTF-8") from error


def _refused(file: str, why: str) -> PathRefused:
    user = (os.geteuid(), os.getegid())
    there = look.outside(user)
    named = f"user {user[0]}" + (f" ({there[0]} outside this container)" if there != user else "")
    return PathRefused("the password", file, why, f"{named} must be able to read it; look at it: ls -lL {file}")
