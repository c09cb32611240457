"""Attack, judge, attribute.

A probe is *held* when it is promised to be stopped here, was stopped, and the same attempt works unconfined, or this host
cannot show that it would, and says why. It is *broken* when it got through. Everything else is *unknown*.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from catalyst.audit.inside import attempt
from catalyst.audit.inside.judge import Verdict, judge
from catalyst.audit.inside.probe import GUARD, Answer, Probe, unknown
from catalyst.audit.verify import ablation, bait, sandbox
from catalyst.audit.verify.sandbox import Answers, Ran, Variant
from catalyst.engine.engine import Engine
from catalyst.errors import CatalystError
from catalyst.guard.record import Record
from catalyst.instance.store import Store
from catalyst.policy.build import build, controls
from catalyst.policy.model import RULE_TYPES
from catalyst.settings import Settings

LAYERS = ("both", "outer", "inner")
# What a host answers that does not have the thing an attempt is about.
NOT_HERE = frozenset({
    "ENOSYS", "EAFNOSUPPORT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "ENOENT", "ENOTDIR", "ENXIO", "ENODEV", "EOPNOTSUPP",
    "ECONNREFUSED", "ESRCH", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL",
})  # fmt: skip
# What a container around us answers: its filter (Podman's has EINVAL for the audit socket), its limit of processes.
AROUND = frozenset({"EPERM", "EACCES", "EAGAIN", "EINVAL"})
EVERY_RULE = frozenset(kind.__name__ for kind in RULE_TYPES)
EVERYTHING, NOT_STARTED = "all of them", "the sandbox did not start without it"
Tell = Callable[[str], None]


class Row(Record):
    """One probe: what was promised, what happened, and what the attempt does where nothing is in its way.

    `layer` names who is to hold it here; `shown` is empty where the attempt works unconfined, else why it does not;
    `stopped_by` are the sets of controls without which it got through, `unproved` says that it never did.
    """

    probe: Probe
    layer: tuple[str, ...]
    outcome: Verdict
    answer: Answer
    shown: str
    stopped_by: tuple[str, ...] = ()
    unproved: bool = False


class Matrix(Record):
    """One run of `catalyst verify`."""

    engine: str
    level: str
    network: str
    layers: str
    rows: tuple[Row, ...]
    ablated: tuple[tuple[str, str], ...] = ()

    def not_started(self) -> tuple[str, ...]:
        """Variants that say nothing, because their sandbox did not start."""
        return tuple(name for name, what in self.ablated if what.startswith(NOT_STARTED))

    def count(self, outcome: Verdict) -> int:
        """Rows with that outcome."""
        return sum(row.outcome == outcome for row in self.rows)


def verify(settings: Settings, engine: Engine, *, layers: str, ablate: bool, tell: Tell) -> Matrix:
    """Attack a sandbox of `engine`. Raises CatalystError where it does not start."""
    Store(settings.data).prepare(settings.user, instance=False)
    probes = attempt.load_all()
    level, network = settings.security_level.name.lower(), settings.network_mode.name.lower()
    uid = settings.user[0] if os.geteuid() == 0 or not engine.rootless() else os.geteuid()
    with bait.laid(uid) as laid:
        tell("the same attempts unconfined, as the positive control")
        control = sandbox.unconfined(laid)
        laid.insist()
        tell(f"{len(probes)} attempts under {engine.id}" + ("" if layers == "both" else f", {layers} layer alone"))
        ran = sandbox.confined(settings, engine, laid, _alone(engine, layers))
        laid.insist()
        if not ran.answers:
            raise CatalystError(f"the sandbox did not start: {ran.why}", "catalyst doctor")
        rows = [row_of(probe, ran.answers, control, (engine.id, layers), (level, network)) for probe in probes]
        ablated: list[tuple[str, str]] = []
        if ablate:
            rows, ablated = _ablate(settings, engine, laid, rows, tell)
    return Matrix(engine.id, level, network, layers, tuple(rows), tuple(ablated))


def _alone(engine: Engine, layers: str) -> Variant:
    """Both layers, or one of them taken away as a whole.

    bwrap that root started makes no user namespace: taking the workload's user is the guard's part of that engine's work.
    The workload's variables are in the plan, and to take that away would be to put others in.
    """
    if layers == "outer":
        stays = {"CleanEnvironment"} | ({"Identity", "Capabilities"} if engine.own_files and os.geteuid() == 0 else set())
        return Variant("the guard", inner=EVERY_RULE - stays)
    if layers == "inner":
        return Variant("the engine", outer=EVERY_RULE if engine.own_files else frozenset(), bare=not engine.own_files)
    return Variant("nothing")


def _claimed(probe: Probe, engine: str, layers: str) -> tuple[str, ...]:
    mine = tuple(layer for layer in (engine, GUARD) if layer in probe.layers)
    wanted = {"both": (engine, GUARD), "outer": (engine,), "inner": (GUARD,)}[layers]
    return tuple(layer for layer in mine if layer in wanted)


def row_of(probe: Probe, answers: Answers, control: Answers, where: tuple[str, str], promise: tuple[str, str]) -> Row:
    """`where`: who made the sandbox, and which layers there are; `promise`: level and network mode."""
    layer = _claimed(probe, *where)
    answer = answers.get(probe.id, unknown("it gave no answer"))
    shown = why_not_shown(probe, control.get(probe.id, unknown("it gave no answer")))
    outcome = judge(probe, answer, *promise)
    if outcome != "open" and not layer:
        outcome = "open"  # the layer that is left does not claim it
    if outcome == "held" and shown.startswith(UNPROVED):
        outcome = "unknown"
    return Row(probe, layer, outcome, answer, shown)


UNPROVED = "it fails unconfined too"


def why_not_shown(probe: Probe, control: Answer) -> str:
    """Empty where the attempt works unconfined. Else the reason, which begins with UNPROVED where it is no good one."""
    if control.outcome == "allowed":
        return ""
    what = f"{control.errno or control.outcome}: {control.evidence}"
    if control.errno in NOT_HERE:
        return f"this host has nothing of the kind ({what})"
    if probe.needs_root and os.geteuid() != 0:
        return f"it takes root to show ({what})"
    if control.outcome == "denied" and control.errno is None:
        return f"there is nothing of the kind on this host ({control.evidence})"
    if control.errno in AROUND and _confined_ourselves():
        return f"Catalyst itself is confined here ({what})"
    return f"{UNPROVED} ({what})"


def _confined_ourselves() -> bool:
    """Root of a container, or of a machine that took capabilities from it."""
    fields = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines() if ":" in line
    )
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text("ascii"))
    return fields["Seccomp"].strip() != "0" or int(fields["CapBnd"], 16) != (1 << last + 1) - 1


def _ablate(
    settings: Settings, engine: Engine, laid: bait.Bait, rows: list[Row], tell: Tell
) -> tuple[list[Row], list[tuple[str, str]]]:
    """Each control alone, each set that some probe names together, then all: which attempts then get through?"""
    policy = build(settings)
    rules = {name: frozenset(type(one.rule).__name__ for one in policy if name in one.controls)
             for name in policy.controls()}  # fmt: skip
    through: dict[str, list[str]] = {}
    summary: list[tuple[str, str]] = []
    for names in _sets(rows, [control.id for control in controls()], rules):
        taken = frozenset(rule for name in names for rule in rules[name])
        label = EVERYTHING if len(names) == len(rules) else " + ".join(names)
        # A joint set is tried with the probes that name it; what else it lets through, its parts have shown.
        only = () if len(names) == 1 else tuple(row.probe.id for row in rows if _named(row.probe) <= {*names})
        tell(f"without {label}")
        ran = sandbox.confined(settings, engine, laid, Variant(label, outer=taken, inner=taken, only=only))
        laid.insist()
        new = _got_through(rows, ran, summary, label)
        for name in new:
            through.setdefault(name, []).append(label)
    finished = []
    for row in rows:
        by = tuple(_smallest(through.get(row.probe.id, [])))
        kept = rules.get(row.probe.control, frozenset()) <= ablation.ALWAYS[engine.id]
        unproved = row.outcome in {"held", "unknown"} and not (by or row.shown or kept or engine.id in row.probe.kept_by)
        finished.append(Row(row.probe, row.layer, row.outcome, row.answer, row.shown, by, unproved))
    return finished, summary


def _sets(rows: Iterable[Row], known: list[str], rules: Mapping[str, frozenset[str]]) -> list[tuple[str, ...]]:
    """Root without capabilities is no root, so the two go together."""
    single = [(name,) for name in known if rules.get(name) and name != "identity"]
    joint = {tuple(sorted(_named(row.probe) & rules.keys())) for row in rows}
    return [*single, *sorted(joint - set(single), key=lambda names: (len(names), names)), tuple(sorted(rules))]


def _named(probe: Probe) -> set[str]:
    """The controls that stop it, by its own account."""
    named = {probe.control, *probe.also}
    return named | {"capabilities"} if "identity" in named else named


def _got_through(rows: list[Row], ran: Ran, summary: list[tuple[str, str]], label: str) -> list[str]:
    if not ran.changed:
        summary.append((label, "cannot be taken away here"))
    elif not ran.answers:
        summary.append((label, f"{NOT_STARTED}: {ran.why}"))
    else:
        new = [row.probe.id for row in rows
               if row.answer.outcome != "allowed"
               and ran.answers.get(row.probe.id, unknown("")).outcome == "allowed"]  # fmt: skip
        summary.append((label, ", ".join(new) or "nothing more gets through"))
        return new
    return []


def _smallest(labels: list[str]) -> list[str]:
    """Sets without those that hold a smaller one that was enough."""
    sets = {label: set(label.split(" + ")) for label in labels if label != EVERYTHING}
    smallest = [label for label in sets if not any(sets[other] < sets[label] for other in sets)]
    return smallest or labels
