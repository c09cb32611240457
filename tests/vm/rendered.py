"""What the tests boot: policies of settings, rendered for the paths of layout.py."""

import itertools

from catalyst.policy.build import build
from catalyst.render.target import Facts, Sandbox, targets
from catalyst.settings import Settings
from catalyst.workloads.model import BASE_ENV, Workload, places
from strategies import sandbox, settings_with

LEVELS, MODES = ("normal", "high", "maximum"), ("public", "restricted", "isolated")
ALL = list(itertools.product(LEVELS, MODES))


def settings_of(level: str, mode: str, gpu: str = "none") -> Settings:
    return settings_with(security_level=level, network_mode=mode, gpu=gpu)


def text(target: str, settings: Settings) -> str:
    """A profile, with the paths of ComfyUI's sandbox."""
    return targets()[target].render(build(settings), sandbox(settings), Facts()).text


def plan(settings: Settings, facts: Facts, argv: tuple[str, ...], *, door: bool = False) -> str:
    """The guard's plan for `argv`, as `catalyst` renders it."""
    workload = Workload(
        name="probe", argv=argv, env=BASE_ENV, cwd="/", mounts=places("/data"), port=8188 if door else None,
        stop_signal="SIGTERM", grace=1, restarts=0,
    )  # fmt: skip
    whole = sandbox(settings)
    made = Sandbox(whole.id, workload, whole.session, whole.package, whole.python, whole.image)
    return targets()["guard"].render(build(settings), made, facts).text
