"""What this host can hold: the host's facts, each engine, each control's layers. Nothing is started but probes."""

import os
import platform
from pathlib import Path

from catalyst.engine.engine import Engine, Unusable, Usable, engines
from catalyst.errors import EngineUnusable
from catalyst.guard.record import Record
from catalyst.instance import prepare, profiles
from catalyst.instance.store import Store
from catalyst.render.target import Answer, Rendered, targets
from catalyst.settings import NetworkMode, Settings
from catalyst.workloads import canary, comfyui, interpreter


class Examined(Record):
    """One engine: whether it can be used, and if so what each control's layers say."""

    engine: str
    found: Usable | Unusable
    answers: dict[str, Answer]


def engines_here(settings: Settings) -> list[Examined]:
    """Every engine, tried."""
    result = []
    for engine in engines().values():
        found = engine.find(True)
        answers: dict[str, Answer] = {}
        if isinstance(found, Usable):
            try:
                answers = _prepared(settings, engine, _canary(settings, engine)).answers
            except EngineUnusable as error:  # it has no such runtime
                found = Unusable(str(error), error.hint)
        result.append(Examined(engine.id, found, answers))
    return result


def render(settings: Settings, target: str) -> Rendered:
    """The policy rendered for `target`, with the facts of the engine that would use it."""
    if targets()[target].of_a_container:
        ready = in_a_container(settings)
    else:
        engine = next((one for one in engines().values() if one.target == target), engines()["bwrap"])
        ready = _prepared(settings, engine, _canary(settings, engine))
    return targets()[target].render(ready.policy, ready.sandbox, ready.facts)


def in_a_container(settings: Settings) -> prepare.Prepared:
    """What `up` would start under a container engine: its paths are those inside an image, whatever this host has."""
    chosen = engines().get(settings.engine)
    engine = chosen if chosen and not chosen.own_files else engines()["docker"]
    tree = None if settings.app == "canary" else comfyui.find(settings)
    if tree is None:
        return _prepared(settings, engine, _canary(settings, engine))
    python = comfyui.python(settings, tree) or interpreter.IMAGE
    return _prepared(settings, engine, lambda _policy, _guard: comfyui.workload(settings, tree, python, prepare.SEALED_PORT))


def _canary(settings: Settings, engine: Engine) -> prepare.MakeWorkload:
    """It needs nothing installed."""
    return lambda _policy, python: canary.workload(settings, python, prepare.SEALED_PORT, engine.id)


def _prepared(settings: Settings, engine: Engine, make: prepare.MakeWorkload) -> prepare.Prepared:
    store = Store(settings.data)
    if settings.enable_forensic_cleanup:
        store.session_in_memory()
    tokens = bool(settings.security_token_vault_path) and settings.network_mode is not NetworkMode.ISOLATED
    return prepare.prepare(settings, engine, make, name=store.id, folder=store.session, lifeline=0, tokens=tokens)


def host(settings: Settings) -> dict[str, str]:
    """What the layers depend on, in the kernel's own words where it has some."""
    return {
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "started by": "root" if os.geteuid() == 0 else f"uid {os.geteuid()}",
        "security modules": _read("/sys/kernel/security/lsm") or "not shown (securityfs is not mounted)",
        **profiles.here(in_a_container(settings)),
        "Landlock": _landlock(),
        "cgroups": "version 2" if Path("/sys/fs/cgroup/cgroup.controllers").is_file() else "version 1",
        "user namespaces": _user_namespaces(),
        "seccomp actions": _read("/proc/sys/kernel/seccomp/actions_avail") or "none",
        "swap": "none" if len(_read("/proc/swaps").splitlines()) < 2 else "in use",
    }


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _landlock() -> str:
    from catalyst.guard import syscalls

    try:
        return f"ABI {syscalls.landlock_abi()}"
    except OSError as error:
        return f"none ({(error.strerror or '').lower()})"


def _user_namespaces() -> str:
    most = _read("/proc/sys/user/max_user_namespaces")
    restricted = _read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1"
    if most == "0" or _read("/proc/sys/kernel/unprivileged_userns_clone") == "0":
        return "refused to users"
    return f"up to {most or '?'}{', restricted by AppArmor' if restricted else ''}"
