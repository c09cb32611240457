"""`catalyst fetch`, and the models of a start: resolve, download, look, place. Nothing the downloader says is believed.

The downloader (catalyst.fetcher) runs in a sandbox that shows it a staging folder and lets it connect to the sites that are
needed. What comes out is hashed again, scanned, and given its final name here, when the sandbox is gone.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from catalyst.egress.hosts import for_models
from catalyst.engine.engine import Engine, choose
from catalyst.errors import CatalystError, FetchBusy, NoEngine, SettingsError, plain
from catalyst.guard.record import replace
from catalyst.instance import alone
from catalyst.instance.downloads import Downloads, Opened
from catalyst.instance.placing import Placing
from catalyst.instance.resolving import Resolving
from catalyst.instance.store import Store
from catalyst.instance.wanted import Order
from catalyst.models.fetch import report
from catalyst.models.fetch.lock import Lock
from catalyst.models.fetch.report import Report
from catalyst.models.fetch.shelf import Seen, Shelf
from catalyst.policy.model import Place
from catalyst.settings import Level, NetworkMode, Settings

if TYPE_CHECKING:
    from catalyst.instance.tokens import Tokens

Tell = Callable[[str], None]
Show = Callable[[str, int, int], None]


def fetch(
    settings: Settings, orders: Sequence[Order], tell: Tell, show: Show, wake: int, *, engine: Engine | None = None,
    update: bool = False, tokens: "Tokens | None" = None, opened: Opened | None = None,
) -> Report:  # fmt: skip
    """Get what is ordered. `show` gets a path, bytes there and bytes in all; a readable `wake` ends it. `tokens` go along,
    outside, to the hosts that they are for; `opened` makes the sandbox, if not job.opened.

    Raises CatalystError where nothing could be begun; what goes wrong with one model stands in the report.
    """
    for order in orders:
        if order.manifest:
            tell(f"models are named by {plain(str(order.manifest))}")
    store = Store(settings.data)
    store.prepare(settings.user)
    kept = store.make_kept()
    with _alone(kept / "fetch.lock", settings.data):
        shelf = Shelf(store.data / Place.MODELS.value, settings.user)
        try:
            shelf.sweep()
            place = Placing(settings, shelf, Seen(kept / "models.json"), tell)
            locks = [_lock(order, kept, store.data) for order in orders]
            confined, maker = _confined(settings, orders), engine or _engine(settings, tell)
            with _lent(tokens, maker, tell) as lent, \
                 Downloads(confined, settings, maker, shelf, wake, lent, tell, opened) as sandbox:
                return _all(orders, locks, place, sandbox, show, update=update)
        finally:
            shelf.close()


def _all(
    orders: Sequence[Order], locks: Sequence[Lock], place: Placing, sandbox: Downloads, show: Show, *, update: bool
) -> Report:
    """Every order at once, so that each of the two runs of the sandbox is made once at most."""
    resolving = Resolving(place, update=update)
    for order, lock in zip(orders, locks, strict=True):
        resolving.from_lock(order.wanted, lock)
    resolving.answers(sandbox.resolve(resolving.open()))
    place.room()
    for job, size, sha256 in sandbox.download(place.due(), show):
        place.arrived(job, size, sha256)
    for key, why, hint in sandbox.failures:
        place.failed(key, why, hint)
    place.finish()
    return Report(tuple(place.outcomes))


@contextmanager
def _lent(tokens: "Tokens | None", engine: Engine, tell: Tell) -> Iterator["Tokens | None"]:
    """What the downloader's broker gets. Nothing where the downloader could read it: the guard alone hides no file, and one
    of an ordinary user would be shown the vault and what opens it."""
    if tokens is None:
        yield None
    elif engine is alone.ALONE and os.geteuid():
        tell("no token is used: the guard alone cannot keep this user's files, and so the vault, from the downloader")
        yield None
    else:
        with tokens.lent() as lent:
            yield lent


def _lock(order: Order, kept: Path, data: Path) -> Lock:
    """Beside the manifest; where that cannot be written, as one that is mounted into a container, or can be by the workload,
    who would say there what is taken, among our own files."""
    if order.manifest is None:
        return Lock(kept / "models.lock")
    folder = Path(os.path.realpath(order.manifest.parent))
    workloads = any(folder.is_relative_to(os.path.realpath(data / place.value)) for place in Place)
    beside = os.access(folder, os.W_OK | os.X_OK) and not workloads
    return Lock(order.manifest.with_suffix(".lock") if beside else kept / "manifest.lock")


def before(
    settings: Settings, orders: Sequence[Order], engine: Engine, tell: Tell, wake: int, tokens: "Tokens | None" = None,
    opened: Opened | None = None,
) -> None:  # fmt: skip
    """The models of a start. What cannot be had is told, and the start goes on. Raises SettingsError."""
    last: dict[str, int] = {}

    def show(path: str, have: int, total: int) -> None:
        step = min(10, 10 * have // total) if total else 0
        if step > last.get(path, -1):  # who goes back and forth is not followed
            last[path] = step
            tell(f"{path}: {10 * step} % of {size_of(total)}" if total else f"{path}: fetching")

    try:
        done = fetch(settings, orders, tell, show, wake, engine=engine, tokens=tokens, opened=opened)
    except SettingsError:
        raise
    except CatalystError as error:
        tell(f"models are not fetched: {error}")
        return
    for line in report.lines(done):
        tell(plain(line))


def size_of(count: int) -> str:
    """Bytes for people."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count} bytes"


def _confined(settings: Settings, orders: Sequence[Order]) -> Settings:
    """The downloader's: `maximum`, and of the hosts only those of the sites that are asked, with the owner's own rules."""
    sites = frozenset(one.site for order in orders for one in order.wanted)
    strict = replace(settings, security_level=Level.MAXIMUM, network_mode=NetworkMode.RESTRICTED, paranoid_mode=False,
                     enable_forensic_cleanup=False, keep=(), wipe=(), gpu="none")  # fmt: skip
    surplus = strict.built_in_hosts() - for_models(sites)
    return replace(strict, egress_deny=(*settings.egress_deny, *sorted(surplus - {*settings.egress_allow})))


def _engine(settings: Settings, tell: Tell) -> Engine:
    try:
        return choose(settings.engine, settings.image, settings.runtime)
    except NoEngine as error:
        tell(f"{error}; the downloader is held by the guard alone, and can read what its user can read")
        return alone.ALONE


@contextmanager
def _alone(file: Path, data: str) -> Iterator[None]:
    """One fetch at a time. Raises FetchBusy."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FetchBusy(data) from None
        yield
    finally:
        os.close(descriptor)

