"""A set-uid program makes its caller root, unless no_new_privs is on or the mount is nosuid (execve(2)).

Read, not run: what such a program would do is its own affair.
"""

import os

from catalyst.audit.inside.acts.files import absent
from catalyst.audit.inside.acts.processes import no_new_privileges
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, denied

FOLDERS = ("/usr/bin", "/bin", "/usr/sbin", "/usr/lib/openssh")


def act(_: Context) -> Answer:
    """Is there one, and would it be listened to?"""
    found = [path for folder in FOLDERS for path in _set_user_id(folder)]
    if not found:
        return absent("set-uid program")
    if no_new_privileges():
        return denied(f"{found[0]} is set-uid root; no_new_privs takes that from it")
    return allowed(f"{found[0]} would run as root (no_new_privs is off)")


def _set_user_id(folder: str) -> list[str]:
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return []
    return [entry.path for entry in entries if _is_set_user_id(entry)]


def _is_set_user_id(entry: "os.DirEntry[str]") -> bool:
    if not entry.is_file(follow_symlinks=False) or not entry.stat(follow_symlinks=False).st_mode & 0o4000:
        return False
    return not os.statvfs(entry.path).f_flag & os.ST_NOSUID


PROBE = Probe(
    id="set-uid",
    theme="execute",
    title="become root through a set-uid program",
    origin="linPEAS",
    control="no-new-privileges",
    layers=EVERYONE,
    act=act,
)
