"""From settings to everything a start needs. Nothing is started here."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import catalyst
from catalyst.engine import facts as host
from catalyst.engine import runtime, security_modules
from catalyst.engine.engine import Engine
from catalyst.errors import PathRefused, pasted
from catalyst.guard.record import Record, replace
from catalyst.policy import requirement
from catalyst.policy.build import build, controls
from catalyst.policy.model import Policy
from catalyst.render import session
from catalyst.render.lsm import profiles
from catalyst.render.target import Answer, Facts, Rendered, Sandbox, answers, targets
from catalyst.settings import Settings, variables
from catalyst.workloads import interpreter
from catalyst.workloads.interpreter import Interpreter
from catalyst.workloads.model import Mount, Workload
from catalyst.workloads.tokens import TRUST, with_tokens

SEALED_PORT = 8188  # a network namespace of its own: the port ComfyUI's users know is always free
MakeWorkload = Callable[[Policy, Interpreter], Workload]


class Prepared(Record):
    """A start, ready to be made: `files` for the session folder, `outer.argv` to run, `answers` per control."""

    settings: Settings
    engine: Engine
    policy: Policy
    sandbox: Sandbox
    facts: Facts
    outer: Rendered
    inner: Rendered
    answers: dict[str, Answer]
    files: dict[str, bytes]


def prepare(
    settings: Settings, engine: Engine, make: MakeWorkload, *, name: str, folder: Path, lifeline: int | None = None,
    tokens: bool = False,
) -> Prepared:
    """Policy, workload and both layers for `engine`; `tokens`: its broker will use some.

    Raises PathRefused where a mount would break the policy.
    """
    policy = build(with_real_paths(settings))
    guard = interpreter.own() if engine.own_files else interpreter.IMAGE
    workload = make(policy, guard)
    workload = with_tokens(workload, settings) if tokens else workload
    sandbox = Sandbox(
        id=name,
        workload=_resolved(workload, guard.mounts),
        session=str(folder),
        package=str(Path(catalyst.__file__).parent),
        python=guard.executable,
        image=settings.image,
        lifeline=lifeline,
        identities=_identities(workload) if engine.own_files and os.geteuid() == 0 else (),
        variables=tuple(variables(settings).items()),
        published=f"{f'[{settings.bind}]' if ':' in settings.bind else settings.bind}:{settings.port or SEALED_PORT}",
        identity=_identity_file(settings),
        trust=_trust(engine) if tokens else (),
        runtime=settings.runtime,
    )
    modules = security_modules.enforced()
    modules = modules & engine.modules() if modules else modules  # an engine is not asked for nothing
    ours = profiles.of(policy, sandbox) if modules else ()
    facts = host.read(settings, rootless=engine.rootless(), modules=modules, profiles=ours, session=folder)
    if settings.runtime and not engine.own_files:
        facts = runtime.facts(engine, settings.runtime, settings.image, sandbox.package, facts)
    outer = targets()[engine.target].render(policy, sandbox, facts)
    inner = targets()["guard"].render(policy, sandbox, facts)
    said = answers(policy, {"outer": outer.gaps, "inner": inner.gaps})
    files = session.files(policy, inner.text, facts.machine, outer)
    return Prepared(settings, engine, policy, sandbox, facts, outer, inner, said, files)


def _trust(engine: Engine) -> tuple[str, ...]:
    """Where the sandbox finds the certificates it is to trust."""
    from catalyst.instance import trust  # it imports ssl, which most starts do without

    return (TRUST, *trust.shown_over(own_files=engine.own_files))


def _identity_file(settings: Settings) -> str:
    """Of the host, for a container that opens the vault itself."""
    if not settings.security_token_vault_path:
        return ""
    from catalyst.vault import identity  # most starts have no vault

    return identity.would_open(settings.security_token_vault_path, settings.vault_identity)


NOBODYS = (0, 0)  # no folder has these


def with_real_paths(settings: Settings) -> Settings:
    """A vault behind a link must not be shown either, so names are compared as what they lead to."""
    return replace(settings, security_token_vault_path=_real(settings.security_token_vault_path),
                   vault_identity=_real(settings.vault_identity))  # fmt: skip


def _real(path: str) -> str:
    return os.path.realpath(path) if path.startswith("/") else path


def _identities(workload: Workload) -> tuple[tuple[str, tuple[int, int]], ...]:
    """Which folder each place is, for the guard to compare: between our look and the engine's mount the owner of the data
    directory could put a link in its stead, and root's mount would follow it (tests/attacks/test_place_exchanged.py)."""
    placed = [mount for mount in workload.mounts if mount.place is not None]
    return tuple((mount.target, _identity(mount.source)) for mount in placed)


def _identity(path: str) -> tuple[int, int]:
    """Device and inode of a folder, or of the one that a link of root's leads to. Raises PathRefused for another link."""
    try:
        held = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            found = os.fstat(held)
            if stat.S_ISLNK(found.st_mode):
                if found.st_uid != 0:
                    raise PathRefused("CATALYST_DATA", path, "a link that root did not make", "name the folder itself")
                found = (Path(path).parent / os.readlink("", dir_fd=held)).stat()
        finally:
            os.close(held)
    except FileNotFoundError:
        return NOBODYS  # `render` and `doctor` look at folders that are not made yet
    except OSError as error:
        why = (error.strerror or "").lower()
        raise PathRefused("CATALYST_DATA", path, why, f"look at it: ls -ld {pasted(path)}") from error
    return found.st_dev, found.st_ino


def insist(prepared: Prepared) -> None:
    """Raises Unenforceable (exit 6) when a control that must hold does not."""
    requirement.insist(
        prepared.settings, controls(),
        {name: answer.overall for name, answer in prepared.answers.items()},
        {name: answer.layers for name, answer in prepared.answers.items()},
    )  # fmt: skip


def _resolved(workload: Workload, more: tuple[Mount, ...]) -> Workload:
    """The workload with the guard's interpreter mounted too, every source as what it leads to."""
    mounts = dict.fromkeys((*workload.mounts, *more))
    return replace(workload, mounts=tuple(replace(mount, source=os.path.realpath(mount.source)) for mount in mounts))
