"""The canary: what runs where ComfyUI cannot be had. It plays the hostile node and shows what stopped it."""

from catalyst.policy.model import Place
from catalyst.settings import Settings
from catalyst.workloads.interpreter import Interpreter
from catalyst.workloads.model import BASE_ENV, DATA, PACKAGE, SCRATCH, Workload, places


def workload(settings: Settings, python: Interpreter, port: int, engine: str) -> Workload:
    """Serve the canary's page on loopback `port`, told which promises it is to judge and who made its sandbox."""
    told = [word for place in Place for word in ("--place", f"{place.value}={DATA}/{place.value}")]
    told += ["--vault", settings.security_token_vault_path] if settings.security_token_vault_path else []
    return Workload(
        name="canary",
        argv=(python.executable, "-I", "-S", f"{PACKAGE}/canary/__main__.py", "--host", "127.0.0.1", "--port", str(port),
              "--scratch", SCRATCH, *told, "--level", settings.security_level.name.lower(),
              "--network", settings.network_mode.name.lower(), "--engine", engine),
        env=BASE_ENV,
        cwd=SCRATCH,
        mounts=(*python.mounts, *places(settings.data)),
        port=port,
        stop_signal="SIGINT",
        grace=settings.grace,
    )  # fmt: skip
