"""The canary: what runs where ComfyUI cannot be had. It plays the hostile node and shows what stopped it."""

from catalyst.policy.model import Network, Place, Policy, Reach, Scratch, Writable
from catalyst.settings import Settings
from catalyst.workloads.interpreter import Interpreter
from catalyst.workloads.model import BASE_ENV, DATA, PACKAGE, SCRATCH, Workload, places


def workload(settings: Settings, python: Interpreter, port: int, policy: Policy) -> Workload:
    """Serve the canary's page on loopback `port`, told which attempts this policy allows on purpose."""
    told = [word for place in Place for word in ("--place", f"{place.value}={DATA}/{place.value}")]
    allowed = [word for name in expected(policy) for word in ("--expect", name)]
    return Workload(
        name="canary",
        argv=(python.executable, "-I", "-S", f"{PACKAGE}/canary/__main__.py", "--host", "127.0.0.1", "--port", str(port),
              "--scratch", SCRATCH, *told, *allowed),
        env=BASE_ENV,
        cwd=SCRATCH,
        mounts=(*python.mounts, *places(settings.data)),
        port=port,
        stop_signal="SIGINT",
        grace=settings.grace,
    )  # fmt: skip


# What a rule lets through on purpose, as the canary calls it. Anything else that gets through is news.
ALLOWED_PLACES = {
    Place.MODELS: ["write-models"],
    Place.CUSTOM_NODES: ["write-custom-nodes"],
    Place.USER: ["write-manager-config"],
}


def expected(policy: Policy) -> list[str]:
    """Names of the canary's attempts that succeed because the settings say so."""
    names = ["write-home"]  # HOME is in memory and gone at the next start
    for stated in policy:
        match stated.rule:
            case Writable(allowed):
                names += [name for place in Place if place in allowed for name in ALLOWED_PLACES.get(place, [])]
            case Scratch(executable=True):
                names += ["exec-scratch", "exec-output", "exec-shm", "exec-memory", "map-scratch"]
            case Network(reach=Reach.INTERNET):
                names += ["internet-tcp", "internet-udp", "pool-port", "interfaces"]
            case _:
                pass
    return names
