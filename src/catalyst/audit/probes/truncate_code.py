"""truncate(2) empties a file by its name, without opening it.

The file is asked to become longer than this process may make files (RLIMIT_FSIZE): the kernel judges the permission
first and the limit last, so that EFBIG means it would have been done, and nothing is.
"""

import errno
import os
import resource
import signal

from catalyst.audit.inside.acts.files import code_file
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed


def act(context: Context) -> Answer:
    """A file of the code."""
    path = code_file(context)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    try:
        os.truncate(path, path.stat().st_size + 1)
    except OSError as error:
        if error.errno == errno.EFBIG:
            return allowed(f"{path} could be truncated", error)
        raise
    return allowed(f"{path} was made longer by a byte")


PROBE = Probe(
    id="truncate-code",
    theme="write",
    title="empty a file of the code",
    origin="general",
    control="write-confinement",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=act,
)
