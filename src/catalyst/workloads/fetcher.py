"""The downloader of `catalyst fetch`: sees its own code and the staging folder, and writes nothing but that."""

from pathlib import Path

import catalyst
from catalyst.fetcher.way_out import BROKER
from catalyst.policy.model import Place
from catalyst.workloads.interpreter import Interpreter
from catalyst.workloads.model import BASE_ENV, DATA, PACKAGE, SCRATCH, WAY_OUT, Mount, Workload

STAGING = f"{DATA}/{Place.CACHE.value}"  # a cache: what it holds may be lost
REQUEST = "request.json"
CODE = f"{PACKAGE}/fetcher"


def workload(python: Interpreter, staging: str, **env: str) -> Workload:
    """`staging` is the folder on the host, with the request in it."""
    return Workload(
        name="fetch",
        argv=(python.executable, "-I", "-S", f"{CODE}/__main__.py", f"{STAGING}/{REQUEST}"),
        env={**BASE_ENV, BROKER: WAY_OUT, **env},
        cwd=SCRATCH,
        mounts=(*python.mounts, Mount(str(Path(catalyst.__file__).parent / "fetcher"), CODE),
                Mount(staging, STAGING, Place.CACHE)),
        port=None,
        stop_signal="SIGTERM",
        grace=1,
        restarts=0,
    )  # fmt: skip
