"""A program, the folders it needs, and how it is ended. Host paths are sources; everything else is inside."""

from collections.abc import Mapping

from catalyst.guard.record import Record
from catalyst.policy.model import Place

DATA, SCRATCH, HOME, PACKAGE = "/data", "/scratch", "/scratch/home", "/opt/catalyst/catalyst"
DOOR, OUT, PLAN = "/run/catalyst/door", "/run/catalyst/out", "/run/catalyst/plan.json"
SAID = "/run/catalyst/said"  # what the models' container says to front, where there is one
WAY_OUT = f"{OUT}/out.sock"  # the broker's socket, where there is a broker


class Mount(Record):
    """A host path shown at `target`. Without a place it is code, and read-only whatever the level."""

    source: str
    target: str
    place: Place | None = None


class Workload(Record):
    """`port` is where it serves on loopback inside, None for a command; `restarts` within ten minutes; `grace` s.

    `terminal` asks for a terminal of its own; `folders` are made in memory before the start.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    mounts: tuple[Mount, ...]
    port: int | None
    stop_signal: str
    grace: int
    restarts: int = 5
    terminal: bool = False
    folders: tuple[str, ...] = (HOME,)


def places(data: str) -> tuple[Mount, ...]:
    """The places under the data directory `data`, each a mount of its own, so that nothing beside them is shown."""
    return tuple(Mount(f"{data}/{place.value}", f"{DATA}/{place.value}", place) for place in Place)


# Programs write caches where these say. A cache that outlives the run is in the cache place; HOME is in memory.
# knowledge: comfyui.md §4. USER, because torch asks for a name and fails for a uid without a passwd entry.
_CACHES = {
    "XDG_CACHE_HOME": "", "HF_HOME": "/huggingface", "TORCH_HOME": "/torch", "TRITON_CACHE_DIR": "/triton",
    "TORCHINDUCTOR_CACHE_DIR": "/inductor", "CUDA_CACHE_PATH": "/cuda", "MPLCONFIGDIR": "/matplotlib",
    "NUMBA_CACHE_DIR": "/numba", "YOLO_CONFIG_DIR": "/ultralytics", "PIP_CACHE_DIR": "/pip", "UV_CACHE_DIR": "/uv",
}  # fmt: skip

BASE_ENV: Mapping[str, str] = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": HOME,
    "USER": "comfyuser",
    "LOGNAME": "comfyuser",
    "LANG": "C.UTF-8",
    "TMPDIR": SCRATCH,
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    **{name: f"{DATA}/cache{folder}" for name, folder in _CACHES.items()},
}
