"""Memory that is writable and executable at once: how any machine code is run without a file."""

import mmap

from catalyst.audit.inside.probe import Answer, Context, Probe, allowed


def act(_: Context) -> Answer:
    """One page, never jumped to."""
    everything = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, everything).close()
    return allowed("memory for code of its own could be had")


PROBE = Probe(
    id="code-in-memory",
    theme="execute",
    title="run machine code in its own memory",
    origin="general",
    control="execution",
    layers=(),
    levels=(),
    open_because="compilers that work while a program runs need it: torch.compile, numba, CUDA",
    act=act,
)
