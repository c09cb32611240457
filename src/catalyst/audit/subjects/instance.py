"""A running instance of Catalyst: each rule of its policy against what the kernel says of the processes in it."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from catalyst.audit.facts import Instance, Promise
from catalyst.audit.run import Subject
from catalyst.engine.engine import Engine, children, known
from catalyst.errors import CatalystError, NotRunning
from catalyst.guard.record import replace
from catalyst.instance import posture
from catalyst.instance.front import VERIFIED
from catalyst.instance.posture import Seen
from catalyst.instance.store import Entry, Store
from catalyst.policy.build import build
from catalyst.policy.model import (
    Capabilities,
    Execution,
    ForensicCleanup,
    Identity,
    Limits,
    MaskedPaths,
    Namespace,
    Namespaces,
    Network,
    NoNewPrivileges,
    Place,
    Policy,
    ReadOnlyRoot,
    Rule,
    Scratch,
    SystemCalls,
    Umask,
    Writable,
)  # fmt: skip
from catalyst.setting_values import Level, NetworkMode
from catalyst.settings import Settings
from catalyst.workloads.model import SCRATCH

NAMES = {Namespace.PID: "pid", Namespace.IPC: "ipc", Namespace.UTS: "uts", Namespace.MOUNT: "mnt",
         Namespace.CGROUP: "cgroup"}
# In the policy and in bubblewrap's rendering, and not in the lists of Docker 20.10 and podman 4.3 (measured), whose
# containers
# cover what their engine covers. An engine lets nobody mount there, so it is a finding of its own and not drift.
NEWER = frozenset({"/proc/interrupts"})
Said = Iterator[tuple[str, str, str | None, bool]]


def read(settings: Settings) -> Subject:
    """The facts of the instance on the data directory. Raises NotRunning."""
    store = Store(settings.data)
    record = store.read()
    if record is None or store.holder() == 0:
        raise NotRunning(settings.data)
    engine = known(record.engine)
    level, network = Level[record.level.upper()], NetworkMode[record.network.upper()]
    policy = build(replace(settings, security_level=level, network_mode=network))
    facts = Instance(promises=_promises(policy, record, engine, settings), verified=_verified(store),
                     engine=record.engine,
                     level=record.level, network=record.network)  # fmt: skip
    return Subject("instance", settings.data, (replace(facts, open_files=_open_files(policy, record)),))


def _open_files(policy: Policy, record: Entry) -> tuple[str, ...] | None:
    found = mounts(_workload(record.first)) if record.first else None
    if found is None:
        return None
    paths = {path for one in policy if isinstance(one.rule, MaskedPaths) for path in one.rule.paths & NEWER}
    return tuple(sorted(path for path in paths if path not in found and Path(path).exists()))


def example(text: str) -> Instance:
    """From lines `control | what | wanted | found`, and a line `verified = result`, for the examples of checks."""
    promises, verified, files = [], None, list[str]()
    for line in text.splitlines():
        if line.startswith("open "):
            files.append(line[5:])
        elif line.startswith("verified = "):
            verified = {"engine": "bwrap", "security level": "high", "network mode": "isolated", "result": line[11:]}
        else:
            control, what, wanted, found = line.split(" | ")
            promises.append(Promise(control, what, wanted, found, wanted == found))
    return Instance(promises=tuple(promises), open_files=tuple(files), verified=verified, engine="bwrap", level="high",
                    network="isolated")


def _verified(store: Store) -> dict[str, str] | None:
    with suppress(OSError, ValueError, AttributeError):
        return {str(key): str(value) for key, value in json.loads((store.folder / VERIFIED).read_text("utf-8")).items()}
    return None


def _promises(policy: Policy, record: Entry, engine: Engine, settings: Settings) -> tuple[Promise, ...] | None:
    """None where the processes cannot be seen from here, as where the engine runs in a virtual machine."""
    if not record.first or not Path(f"/proc/{record.first}/status").exists():
        return None
    seen = posture.look(record.first)
    work = _workload(record.first)
    uid = settings.user[0] if os.geteuid() == 0 or not engine.rootless() else os.geteuid()
    found = []
    for stated in policy:
        for what, wanted, there, right in _said(stated.rule, seen, work, uid):
            found.append(Promise(stated.controls[0], what, wanted, there, right))
    return tuple(found)


def _workload(first: int) -> int:
    """The guard's own child that runs the workload: the last it started; the guard itself where it has none."""
    family = [one.pid for one in posture.look(first)]
    return max(children(first), default=family[0] if family else first)


def _said(rule: Rule, seen: list[Seen], work: int, uid: int) -> Said:
    match rule:
        case Identity() | NoNewPrivileges() | Capabilities() | SystemCalls():
            wrong = [f"process {one.pid} {why}" for one in seen if (why := posture.wrong(rule, one, uid))]
            yield f"all {len(seen)} processes", _words(rule, uid), wrong[0] if wrong else _words(rule, uid), not wrong
        case Namespaces(own):
            yield from _namespaces(own, work)
        case Network():
            yield from _network(work)
        case ReadOnlyRoot():
            yield from _mounted(work, "/", "ro")
        case Writable(places):
            yield from _places(places, work)
        case Scratch() | Execution():
            yield from _scratch(rule, work)
        case Limits():
            yield from _limits(rule, work)
        case MaskedPaths(paths):
            yield from _masked(paths - NEWER, work)
        case Umask(mask):
            found = next((one.fields.get("Umask") for one in seen if one.pid == work), None)
            yield "umask", f"{mask:04o}", found, found is not None and int(found, 8) & mask == mask
        case ForensicCleanup():
            yield from _volatile(rule, work)
        case _:
            yield type(rule).__name__, "as the policy says", None, False  # nothing of it is seen from outside


def _words(rule: Rule, uid: int) -> str:
    match rule:
        case Identity():
            return f"uid {uid}"
        case NoNewPrivileges():
            return "no new privileges"
        case Capabilities():
            return "no capability in any set"
        case _:
            return "under a system call filter"


def _namespaces(own: frozenset[Namespace], work: int) -> Said:
    for one in sorted(own):
        try:
            inside, here = (Path(f"/proc/{pid}/ns/{NAMES[one]}").readlink() for pid in (work, "self"))
        except OSError:
            yield f"{one} namespace", "its own", None, False
            continue
        yield f"{one} namespace", "its own", "the host's" if inside == here else "its own", inside != here


def _network(work: int) -> Said:
    try:
        lines = Path(f"/proc/{work}/net/dev").read_text("ascii", "replace").splitlines()[2:]
    except OSError:
        yield "interfaces", "lo", None, False
        return
    names = sorted(line.partition(":")[0].strip() for line in lines)
    # what the kernel makes in every new network namespace where its module is loaded; without an address, and down
    given = [one for one in names
             if one not in {"tunl0", "sit0", "gre0", "gretap0", "erspan0", "ip6tnl0", "ip6gre0", "ip_vti0",
                                                 "ip6_vti0"}]  # fmt: skip
    yield "interfaces", "lo", ", ".join(given), given == ["lo"]


def mounts(pid: int) -> dict[str, tuple[str, frozenset[str], str]] | None:
    """Mount points with kind, options of mount and file system together, and the folder that is shown."""
    try:
        text = Path(f"/proc/{pid}/mountinfo").read_text("utf-8", "surrogateescape")
    except OSError:
        return None
    found = {}
    for line in text.splitlines():
        left, _, right = line.partition(" - ")
        fields, rest = left.split(), right.split()
        point = fields[4].replace("\\040", " ")
        found[point] = (rest[0], frozenset({*fields[5].split(","), *rest[2].split(",")[1:]}), fields[3])
    return found


def _mounted(work: int, point: str, option: str) -> Said:
    found = mounts(work)
    if found is None or point not in found:
        yield f"mount {point}", option, None if found is None else "not a mount", False
        return
    options = found[point][1]
    yield f"mount {point}", option, option if option in options else ",".join(sorted(options)), option in options


def _places(places: frozenset[Place], work: int) -> Said:
    found = mounts(work)
    if found is None:
        yield "places", "writable as the level says", None, False
        return
    for place in Place:
        points = [point for point in found if point.endswith(f"/{place.value}") and point.startswith("/data/")]
        for point in points:
            writable = "rw" in found[point][1] and "ro" not in found[point][1]
            wanted = place in places
            words = {True: "writable", False: "read-only"}
            yield point, words[wanted], words[writable], wanted or not writable


def _scratch(rule: Scratch | Execution, work: int) -> Said:
    found = mounts(work)
    for point in ("/tmp", SCRATCH):
        if found is None or point not in found:
            yield point, "in memory", None, False
            continue
        kind, options, _ = found[point]
        if isinstance(rule, Scratch):
            yield point, "in memory", kind, kind in {"tmpfs", "ramfs"}
        elif not rule.from_writable and "noexec" not in options:
            yield point, "no program runs from it", None, False  # Landlock's work under bubblewrap: verify shows it


def _limits(rule: Limits, work: int) -> Said:
    try:
        lines = Path(f"/proc/{work}/limits").read_text("ascii", "replace").splitlines()
    except OSError:
        yield "limits", "set", None, False
        return
    table = {line[:26].strip(): line[26:].split() for line in lines[1:]}
    wanted = {"Max core file size": 0, "Max open files": rule.files, "Max processes": rule.processes}
    for name, most in wanted.items():
        there = table.get(name, ["?", "?"])[1]
        yield name.lower(), f"at most {most}", there, there.isdigit() and int(there) <= most


def _masked(paths: frozenset[str], work: int) -> Said:
    found = mounts(work)
    for path in sorted(paths):
        if found is None:
            yield path, "covered", None, False
        elif Path(path).exists():
            covered = path in found
            yield path, "covered", "covered" if covered else "open", covered


def _volatile(rule: ForensicCleanup, work: int) -> Said:
    found = mounts(work)
    for place in ("input", "output", "user", "cache"):
        if Place(place) in rule.on_disk:
            continue
        point = f"/data/{place}"
        if found is None or point not in found:
            yield point, "in memory", None, False
        else:
            yield point, "in memory", found[point][0], found[point][0] in {"tmpfs", "ramfs"}


def running(settings: Settings) -> bool:
    """Does an instance run on the data directory?"""
    try:
        return Store(settings.data).read() is not None and Store(settings.data).holder() != 0
    except CatalystError:
        return False
