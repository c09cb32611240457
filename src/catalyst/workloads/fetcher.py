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
ROOTS = "/opt/catalyst/roots.pem"


def workload(python: Interpreter, staging: str, roots: str = "", **env: str) -> Workload:
    """`staging` is the folder on the host, with the request in it; `roots` a file with certificates to trust, where the
    sandbox does not show this machine's own."""
    trust = {"SSL_CERT_FILE": ROOTS} if roots else {}
    return Workload(
        name="fetch",
        argv=(python.executable, "-I", "-S", f"{CODE}/__main__.py", f"{STAGING}/{REQUEST}"),
        env={**BASE_ENV, BROKER: WAY_OUT, **trust, **env},
        cwd=SCRATCH,
        mounts=(*python.mounts, Mount(str(Path(catalyst.__file__).parent / "fetcher"), CODE),
                *((Mount(roots, ROOTS),) if roots else ()), Mount(staging, STAGING, Place.CACHE)),
        port=None,
        stop_signal="SIGTERM",
        grace=1,
        restarts=0,
    )  # fmt: skip
