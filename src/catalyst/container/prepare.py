"""From settings to everything a start in this container needs. Nothing is mounted: folders must lie where they are used."""

import os
import tempfile
from pathlib import Path

import catalyst
from catalyst.container import look, outer
from catalyst.engine import facts as host
from catalyst.engine.engine import Engine, Usable
from catalyst.errors import ForeignFolder, NotAnImage, OwnerlessFolder, PathRefused, ReadOnlyFolder
from catalyst.guard import kernel
from catalyst.guard.record import replace
from catalyst.instance.prepare import MakeWorkload, Prepared, with_real_paths
from catalyst.instance.store import INSIDE, Store
from catalyst.policy.build import build
from catalyst.policy.model import Place, Policy, Writable
from catalyst.render import mounts, session
from catalyst.render.session import PLAN_FILE, TRUST_FILE
from catalyst.render.target import Rendered, Sandbox, answers, targets
from catalyst.settings import Settings
from catalyst.vault import names
from catalyst.wipe import filesystem
from catalyst.workloads import interpreter
from catalyst.workloads.model import DATA, DOOR, OUT, PACKAGE, SCRATCH, Workload
from catalyst.workloads.tokens import with_tokens

# What engines and Kubernetes show secrets in; /var/run is a link to /run.
SECRETS = (names.SECRETS,)

# It is there already, whoever made it: nothing is found, started or removed.
CONTAINER = Engine(
    id=INSIDE, target="", find=lambda _: Usable("this container"), rootless=lambda: True, modules=frozenset,
    has_image=lambda _: True, remove=lambda _: None, pid=lambda _, started: started, own_files=False, proxies_signals=False,
)  # fmt: skip


class Sockets:
    """Folders of the way in, of the way out and of whom to trust there: in the session, or where volumes are mounted that
    two containers share."""

    def __init__(self, folder: Path, *, shared: bool = False) -> None:
        self.door = Path(DOOR) if shared else folder / "door"
        self.out = Path(OUT) if shared else folder / "out"
        self.trusted = self.out if shared else folder


def inside() -> bool:
    """Is this a container of ours? Its image alone has the code at this place."""
    return str(Path(catalyst.__file__).parent) == PACKAGE


def here(settings: Settings) -> Settings:
    """The settings as they mean something in here: the data directory, the user and the address are the container's.

    Who reaches the address is decided by whoever publishes the port, so it is every interface of the container unless an
    address was named. Raises PathRefused, and NotAnImage where this is no container of ours.
    """
    if not inside():
        raise NotAnImage(PACKAGE)
    if settings.data != DATA and settings.origin["data"] != "default":
        raise PathRefused("CATALYST_DATA", settings.data, f"in a container it is {DATA}",
                          f"mount the folder there: --volume FOLDER:{DATA}")  # fmt: skip
    bind = "0.0.0.0" if settings.origin["bind"] == "default" else settings.bind  # noqa: S104 -- behind the login
    return replace(settings, data=DATA, user=(os.geteuid(), os.getegid()), bind=bind)


def folders(settings: Settings, *, instance: bool) -> None:
    """Make the places that are missing, and for an `instance` Catalyst's own folder. Raises ForeignFolder where a mounted
    folder belongs to somebody else, ReadOnlyFolder and OwnerlessFolder for what the mount itself does not allow."""
    policy = build(settings)
    own = Store(settings.data).folder
    _usable(Path(SCRATCH), settings.user, write=True)
    _usable(Path(settings.data), settings.user, write=False)
    if instance:
        # os.path: a folder that may not even be entered is no exception here
        mine = own if os.path.isdir(own) else Path(settings.data)  # noqa: PTH112 -- see above
        _usable(mine, settings.user, write=True)
        _keeps_modes(mine)
    for place in Place:
        folder = Path(settings.data) / place.value
        if not folder.exists():
            _usable(folder.parent, settings.user, write=True)
        else:
            _usable(folder, settings.user, write=_may_write(policy, place))
    Store(settings.data).prepare(settings.user, instance=instance)


def _may_write(policy: Policy, place: Place) -> bool:
    return any(isinstance(one.rule, Writable) and place in one.rule.places for one in policy)


def _usable(folder: Path, user: tuple[int, int], *, write: bool) -> None:
    read = os.R_OK | os.X_OK
    if os.access(folder, read | (os.W_OK if write else 0)):
        return
    found = folder.stat() if folder.exists() else None
    if os.access(folder, read) and os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise ReadOnlyFolder(str(folder))
    raise ForeignFolder(str(folder), (found.st_uid, found.st_gid, found.st_mode & 0o7777) if found else None, user,
                        look.outside(user), "write" if write else "read")  # fmt: skip


def _keeps_modes(folder: Path) -> None:
    """What we make there is ours, and nobody else may write it, as Store insists on. Asked by making something: a share
    can squash every owner, whatever it is called."""
    try:
        tried = Path(tempfile.mkdtemp(prefix=".catalyst-", dir=folder))
    except OSError as error:
        raise PathRefused("CATALYST_DATA", str(folder), (error.strerror or "cannot be written").lower()) from error
    try:
        found, held = tried.stat(), os.open(tried, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    finally:
        tried.rmdir()
    try:
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise OwnerlessFolder(str(folder), filesystem.of(held).kind)
    finally:
        os.close(held)


def prepare(
    settings: Settings, make: MakeWorkload, folder: Path, sockets: Sockets, lifeline: int | None = None, *,
    tokens: bool = False,
) -> Prepared:  # fmt: skip
    """Policy, workload and plan for this container; `folder` is the session's, `tokens`: its broker will use some.

    Raises PathRefused.
    """
    policy, guard = build(with_real_paths(settings)), interpreter.own()
    workload = _in_place(make(policy, guard))
    mounts.inspect(policy, workload.mounts)
    # nobody mounts it where others have it; one of another container lies beside its socket
    trust = f"{sockets.trusted}/{TRUST_FILE}"
    workload = with_tokens(workload, settings, trust) if tokens else workload
    sandbox = Sandbox(
        id=Store(settings.data).id, workload=workload, session=str(folder), package=PACKAGE, python=guard.executable,
        image=settings.image, door=f"{sockets.door}/in.sock", way_out=f"{sockets.out}/out.sock", private=_private(settings),
        lifeline=lifeline, trust=(trust,) if tokens else (),
    )  # fmt: skip
    facts = host.read(settings, rootless=True, session=folder)
    facts = replace(facts, kernel=kernel.GVISOR) if kernel.is_gvisor() else facts
    inner = targets()["guard"].render(policy, sandbox, facts)
    around = Rendered(
        argv=(guard.executable, "-I", "-S", f"{PACKAGE}/guard/__main__.py", f"{folder}/{PLAN_FILE}"),
        gaps=outer.gaps(policy, look.look(outer.TRACE_FOLDERS), facts),
    )
    said = answers(policy, {"container": around.gaps, "guard": inner.gaps})
    files = session.files(policy, inner.text, facts.machine, around)
    return Prepared(settings, CONTAINER, policy, sandbox, facts, around, inner, said, files)


def _private(settings: Settings) -> tuple[str, ...]:
    """What lies in the workload's sight and is not its own: who may log in, the certificate's key, mounted secrets, and all
    that lies beside the vault, such as its identity."""
    vault = settings.security_token_vault_path
    beside = str(Path(os.path.realpath(vault)).parent) if os.path.lexists(vault) else ""
    own = (str(Store(settings.data).folder), settings.tls_key, *SECRETS, beside)
    return tuple(path for path in own if path and Path(path).exists())


def _in_place(workload: Workload) -> Workload:
    """Names are asked for over TCP here too, where resolv.conf is the engine's: glibc reads RES_OPTIONS beside it.

    Raises PathRefused where a folder is not where the workload looks for it.
    """
    for mount in workload.mounts:
        if os.path.realpath(mount.source) != os.path.realpath(mount.target):
            raise PathRefused("the folder", mount.source, f"in a container it must lie at {mount.target}",
                              f"mount it there: --volume FOLDER:{mount.target}")  # fmt: skip
    return replace(workload, env={**workload.env, "RES_OPTIONS": session.BY_TCP})
