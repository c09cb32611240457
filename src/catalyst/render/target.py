"""A target renders a whole policy for one consumer, or names what it cannot say. Pure: host facts are arguments."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from catalyst import _discover
from catalyst.guard.record import Record
from catalyst.policy.model import Enforced, Enforcement, NotEnforced, Partly, Policy, Rule, Stated
from catalyst.workloads.model import DOOR, WAY_OUT, Workload


class Facts(Record):
    """What a renderer may know of the host. `root`: Catalyst was started by root.

    `rootless`: the engine itself runs without privilege. `links` are the root's links into /usr, `etc` the files of
    /etc that programs need to run at all; `gpu` the device nodes and folders of the vendor asked for; `groups` the gids
    that own the GPU's nodes; `submounts` the mount points of the host; `kernel_files` those worth covering that this
    kernel has; `cgroup` the version mounted; `machine` as uname(2) calls it; `landlock` the kernel's ABI, 0 for none;
    `notify`: sockets can be supervised (guard/egress/probe.py); `kernel` is what the sandbox has in place of the host's, by
    name, where its runtime brings one, and `outer_filter`: the engine's filter of system calls is put in force there;
    `most_files` and `most_processes` this process's hard limits, which an engine may not be able to raise;
    `modules` the security modules in force here that the engine takes a profile of, `profiles` the names of those of
    ours that the kernel has loaded; `swap` what is not encrypted of it; `session_in_memory` and `session_noexec`: where
    the session folder will lie, with the way in that the workload may write.
    """

    root: bool = False
    rootless: bool = False
    links: tuple[tuple[str, str], ...] = (("/bin", "usr/bin"), ("/lib", "usr/lib"), ("/lib64", "usr/lib64"))
    etc: tuple[str, ...] = ()
    gpu: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()
    submounts: frozenset[str] = frozenset()
    kernel_files: frozenset[str] = frozenset()
    cgroup: int = 2
    machine: str = "x86_64"
    landlock: int = 0
    notify: bool = False
    kernel: str = ""
    outer_filter: bool = True
    most_files: int = 1 << 20
    most_processes: int = 1 << 20
    modules: frozenset[str] = frozenset()
    profiles: frozenset[str] = frozenset()
    swap: tuple[str, ...] = ()
    session_in_memory: bool = True
    session_noexec: bool = False


class Sandbox(Record):
    """One sandbox to make: who it is, what runs in it, and the host folders it is made from.

    `session` holds the files of Rendered.files; `package` is Catalyst's own code; `python` runs the guard inside;
    `lifeline` is the descriptor the guard watches. `identities`: device and inode of places, by where they are inside.
    `door` and `way_out` are where the guard finds the sockets in and out. `private`: what is Catalyst's own in the
    workload's sight, where Catalyst runs in the same container; the guard then keeps it and hidden paths from it.
    `variables` make the same settings in a container of Catalyst's own; `published` is where the interface is; `identity`
    the host's file that opens the vault.
    `trust`: where the bundle of certificates is shown, beside `private` where it lies; nowhere without tokens.
    `runtime`: what the engine starts it with, empty for the engine's own choice.
    """

    id: str
    workload: Workload
    session: str
    package: str
    python: str
    image: str
    lifeline: int | None = None
    identities: tuple[tuple[str, tuple[int, int]], ...] = ()
    door: str = f"{DOOR}/in.sock"
    way_out: str = WAY_OUT
    private: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    published: str = "127.0.0.1:8188"
    identity: str = ""
    trust: tuple[str, ...] = ()
    runtime: str = ""

    def encrypted(self) -> bool:
        """Does the gateway in a container of Catalyst's own speak TLS, and to nobody anything else?"""
        said = dict(self.variables)
        return said.get("CATALYST_SELF_SIGNED") == "true" or "CATALYST_TLS_CERTIFICATE" in said


class Gap(Record):
    """What a target cannot say for one rule of a control. `whole`: it says nothing of it."""

    control: str
    rule: str
    reason: str
    whole: bool = False


class Rendered(Record):
    """`argv` for an engine or `text` for a file; `gaps` beside it. `opened`: files the argv wants as descriptors."""

    argv: tuple[str, ...] = ()
    text: str = ""
    opened: tuple[tuple[int, str], ...] = ()
    gaps: tuple[Gap, ...] = ()


class Target(Record):
    """One consumer of policies. `of_a_container`: its text is about paths inside one, whatever engine this host has."""

    id: str
    title: str
    render: Callable[[Policy, Sandbox, Facts], Rendered]
    of_a_container: bool = False


@cache
def targets() -> Mapping[str, Target]:
    """Every target of the package by id, one per file of `render/targets/`."""
    from catalyst.render import targets as package

    return {target.id: target for target in _discover.discover(package, "TARGET", Target)}


class Draft:
    """What a renderer fills: words of an argv, and gaps of the rule it is at."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.gaps: list[Gap] = []
        self._at: Stated | None = None

    def at(self, stated: Stated) -> Rule:
        """Go on to the next rule; gaps named from now on are its."""
        self._at = stated
        return stated.rule

    def say(self, *words: str) -> None:
        """Add words to the argv."""
        self.words += words

    def partly(self, missing: str) -> None:
        """The rule at hand is rendered except for this."""
        self._gap(missing, whole=False)

    def cannot(self, why: str) -> None:
        """The rule at hand is not rendered at all."""
        self._gap(why, whole=True)

    def _gap(self, reason: str, *, whole: bool) -> None:
        if self._at is not None:
            name = type(self._at.rule).__name__
            self.gaps += [Gap(control, name, reason, whole) for control in self._at.controls]


class Answer(Record):
    """What each layer says of one control, and what holds when they are put together."""

    layers: Mapping[str, Enforcement]
    overall: Enforcement


def answers(policy: Policy, layers: Mapping[str, Iterable[Gap]]) -> dict[str, Answer]:
    """Per control of `policy`: what each layer with these gaps enforces. A rule is held by the best of its layers."""
    layers = {layer: list(gaps) for layer, gaps in layers.items()}
    result = {}
    for control in policy.controls():
        rules = [type(one.rule).__name__ for one in policy if control in one.controls]
        table = {layer: [_of_rule(control, rule, gaps) for rule in rules] for layer, gaps in layers.items()}
        overall = _weakest([_strongest([table[layer][i] for layer in table]) for i in range(len(rules))])
        result[control] = Answer({layer: _weakest(said) for layer, said in table.items()}, overall)
    return result


def _of_rule(control: str, rule: str, gaps: Iterable[Gap]) -> Enforcement:
    mine = [gap for gap in gaps if gap.control == control and gap.rule == rule]
    whole = [gap.reason for gap in mine if gap.whole]
    if whole:
        return NotEnforced("; ".join(whole))
    return Partly("; ".join(gap.reason for gap in mine)) if mine else Enforced()


def _strongest(said: list[Enforcement]) -> Enforcement:
    order = (Enforced, Partly, NotEnforced)
    return min(said, key=lambda one: order.index(type(one)), default=NotEnforced("no layer renders it"))


def _weakest(said: list[Enforcement]) -> Enforcement:
    """For a control with several rules: all enforced, or all not, or something between."""
    bad = [one for one in said if not isinstance(one, Enforced)]
    if not bad:
        return Enforced()
    reasons = "; ".join(dict.fromkeys(one.why if isinstance(one, NotEnforced) else one.missing for one in bad))
    return NotEnforced(reasons) if all(isinstance(one, NotEnforced) for one in said) else Partly(reasons)
