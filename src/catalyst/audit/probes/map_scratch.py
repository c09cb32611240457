"""Map a file it wrote as code, which is how a compiled extension is loaded. A noexec mount refuses it (mmap(2)),
Landlock does not, and bubblewrap cannot mount noexec."""

import mmap
import os

from catalyst.audit.inside.acts.files import unique
from catalyst.audit.inside.acts.programs import some_library
from catalyst.audit.inside.probe import Answer, Context, Probe, allowed, unknown


def act(context: Context) -> Answer:
    """The first page of a library that this program has loaded already."""
    library = some_library()
    if library is None:
        return unknown("this program has no shared library to copy")
    path = unique(context.scratch)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o700)
    try:
        os.write(descriptor, library.read_bytes()[: mmap.PAGESIZE])
        mmap.mmap(descriptor, 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC).close()
        return allowed(f"a library that it wrote to {context.scratch} could be mapped as code")
    finally:
        os.close(descriptor)
        path.unlink()


PROBE = Probe(
    id="map-scratch",
    theme="execute",
    title="load a compiled library it has written",
    origin="general",
    control="execution",
    layers=(),
    levels=(),
    open_because="whoever runs Python can run any machine code in its own memory already",
    act=act,
)
