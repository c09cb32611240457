"""The outer layer of a container that somebody else started: nothing is rendered, only held against what is in force."""

from typing import assert_never

from catalyst.container.look import Seen
from catalyst.policy.model import (
    TRACES,
    Capabilities,
    CleanEnvironment,
    Devices,
    Execution,
    ForensicCleanup,
    HiddenPaths,
    Identity,
    Limits,
    MaskedPaths,
    Namespace,
    Namespaces,
    Network,
    NoNewPrivileges,
    OwnTerminal,
    Policy,
    ProcessRule,
    ReadOnlyRoot,
    Scratch,
    SystemCalls,
    Umask,
    ViewRule,
    Writable,
)  # fmt: skip
from catalyst.render import own_kernel
from catalyst.render.target import Draft, Facts, Gap
from catalyst.workloads.model import DATA, SCRATCH

TRACE_FOLDERS = tuple(sorted(f"{DATA}/{place.value}" for place in TRACES))
INSIDE = "a matter of the guard"


def gaps(policy: Policy, seen: Seen, facts: Facts | None = None) -> tuple[Gap, ...]:
    """What the container around us does not hold of `policy`; each says the flag that would. `facts`: of its kernel."""
    draft = Draft()
    for stated in policy:
        rule = draft.at(stated)
        own_kernel.note(rule, facts or Facts(), draft, outer=True)
        match rule:
            case (
                Network() | ReadOnlyRoot() | Writable() | Scratch() | Execution() | HiddenPaths() | MaskedPaths() | Devices()
                | ForensicCleanup()
            ):  # fmt: skip
                _view(rule, seen, draft)
            case _:
                _process(rule, seen, draft)
    return tuple(draft.gaps)


def _process(rule: ProcessRule, seen: Seen, draft: Draft) -> None:
    match rule:
        case Identity():
            if seen.uid == 0:
                draft.cannot("it runs as root: --user 1000:1000")
        case NoNewPrivileges():
            if not seen.no_new_privileges:
                draft.cannot("not set: --security-opt no-new-privileges")
        case Capabilities():
            _capabilities(seen, draft)
        case SystemCalls():
            if seen.filtered:
                draft.partly("a filter is in force; whether it is this level's cannot be asked")
            else:
                draft.cannot("there is no filter: leave seccomp=unconfined out")
        case Namespaces():
            _namespaces(rule, seen, draft)
        case Limits():
            if seen.memory is None:
                draft.cannot("memory is not limited: --memory 16g")
            elif seen.memory > rule.memory:
                draft.partly(f"memory is limited to {seen.memory} bytes, more than this level's {rule.memory}")
        case Umask():
            draft.cannot(INSIDE)
        case CleanEnvironment():
            pass  # the guard is started with none of the container's variables (engine/process.py, become)
        case OwnTerminal():
            pass  # a container is given no terminal of the host's; with --tty it has one of its own
        case _:
            assert_never(rule)


def _capabilities(seen: Seen, draft: Draft) -> None:
    if seen.capabilities:
        draft.cannot("there are some: --cap-drop ALL")
    elif seen.bounding:
        draft.partly(f"{seen.bounding} are left in the bounding set, where no_new_privs makes them harmless: --cap-drop ALL")


def _namespaces(rule: Namespaces, seen: Seen, draft: Draft) -> None:
    shared = rule.own & seen.shared
    words = ", ".join(sorted(shared))
    if shared & {Namespace.PID, Namespace.MOUNT}:
        draft.cannot(f"the host's own namespaces are shared: {words}")
    elif shared:
        draft.partly(f"the host's own namespaces are shared: {words}")


def _view(rule: ViewRule, seen: Seen, draft: Draft) -> None:
    match rule:
        case Network():
            if seen.interfaces:
                draft.cannot(f"the container has a network ({', '.join(seen.interfaces)}), and what runs in it shares it")
        case ReadOnlyRoot():
            if seen.writable_root:
                draft.cannot("the root file system can be written: --read-only")
        case Writable() | Execution():
            draft.cannot(INSIDE)
        case Scratch():
            _scratch(seen, draft)
        case HiddenPaths():
            if rule.paths:
                draft.cannot("what is mounted here is in the workload's sight")
        case MaskedPaths():
            if open_ := sorted(rule.paths & set(seen.bare)):
                draft.partly(f"not covered by the engine: {', '.join(open_)}")
        case Devices():
            if seen.nodes and not rule.vendors:
                draft.cannot(f"device nodes are in sight that nobody asked for: {', '.join(seen.nodes[:4])}")
            elif seen.nodes:
                draft.partly(f"which nodes are the GPU's was the engine's choice: {', '.join(seen.nodes[:4])}")
        case ForensicCleanup():
            _traces(rule, seen, draft)
        case _:
            assert_never(rule)


def _scratch(seen: Seen, draft: Draft) -> None:
    """HOME and temporary files are in SCRATCH; where that is on a disk, the others change little."""
    on_disk = [path for path in (SCRATCH, "/tmp", "/dev/shm") if path in seen.on_disk]
    words = " ".join(f"--tmpfs {path}" for path in on_disk)
    if SCRATCH in on_disk:
        draft.cannot(f"not in memory: {words}")
    elif on_disk:
        draft.partly(f"not in memory: {words}")


def _traces(rule: ForensicCleanup, seen: Seen, draft: Draft) -> None:
    wanted = sorted(f"{DATA}/{place.value}" for place in TRACES - rule.kept)
    on_disk = [path for path in wanted if path in seen.on_disk]
    if on_disk == wanted:
        draft.cannot("nothing is wiped when a container ends, and these are on a disk: "
                     f"{' '.join(f'--tmpfs {path}' for path in on_disk)}")  # fmt: skip
    elif on_disk or rule.kept or SCRATCH in seen.on_disk:
        draft.partly(f"nothing is wiped when a container ends; on a disk are {', '.join((*on_disk, *seen.on_disk[:1]))}")
