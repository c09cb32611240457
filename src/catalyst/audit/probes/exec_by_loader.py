"""`ld.so FILE` reads a program and runs it without asking the kernel to run that file."""

import os
from pathlib import Path

from catalyst.audit.inside.acts.files import NEW, absent, unique
from catalyst.audit.inside.acts.programs import program, start
from catalyst.audit.inside.probe import Answer, Context, Probe, allowed, denied

LOADERS = (
    "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1",
)  # fmt: skip


def act(context: Context) -> Answer:
    """A copy that is not even executable."""
    source, argv = program()
    loader = next((path for path in LOADERS if Path(path).exists()), None)
    if loader is None:
        return absent("program loader")
    path = unique(context.scratch)
    try:
        with os.fdopen(os.open(path, NEW, 0o600), "wb") as copy:
            copy.write(source.read_bytes())
        failed = start(loader, ["ld.so", str(path), *argv[1:]])
    finally:
        path.unlink()
    return denied("the loader could not map it as code") if failed else allowed("a program ran through its loader")


PROBE = Probe(
    id="exec-by-loader",
    theme="execute",
    title="run a program it has written by the loader (ld.so FILE)",
    origin="general",
    control="execution",
    layers=(),
    levels=(),
    open_because="whoever runs Python can run any machine code in its own memory already",
    act=act,
)
