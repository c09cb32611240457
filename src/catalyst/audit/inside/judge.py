"""An answer and a promise make a verdict: what `catalyst verify` and the canary's page both say of a probe."""

from typing import Literal, get_args

from catalyst.audit.inside.probe import GUARD, Answer, Probe

# held: stopped as promised. broken: it got through. unknown: it cannot be said. open: not promised here, whatever came.
Verdict = Literal["held", "broken", "unknown", "open"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
OF_OUTCOME: dict[str, Verdict] = {"denied": "held", "allowed": "broken", "unknown": "unknown"}

# Key, heading: what the attacker is after, in plain words, in the order in which reports show them.
THEMES: dict[str, str] = {
    "read": "Steal secrets",
    "write": "Plant something that stays",
    "execute": "Run a program of its own",
    "machine": "Use up the machine, or change it",
    "kernel": "Get out through the kernel",
    "network": "Reach the network",
    "identity": "Become someone else, or touch others",
}


def promised(probe: Probe, level: str, network: str) -> bool:
    """Is it promised to be stopped at this level, in this network mode?"""
    return not probe.open_because and level in probe.levels and network in probe.networks


def judge(probe: Probe, answer: Answer, level: str, network: str) -> Verdict:
    """What is not promised is `open`, also where it was denied: it never counts as held."""
    return OF_OUTCOME[answer.outcome] if promised(probe, level, network) else "open"


def why_open(probe: Probe, level: str, network: str) -> str:
    """The reason of an `open` verdict; empty where it is promised."""
    if promised(probe, level, network):
        return ""
    if probe.open_because:
        return probe.open_because
    at = [f"level {level}"] if level not in probe.levels else []
    at += [f"network mode {network}"] if network not in probe.networks else []
    return f"allowed by {' and '.join(at)}"


def stoppers(probe: Probe, engine: str) -> str:
    """Which layers of this sandbox are to stop it, each alone: `docker, guard`, or `-` where none does."""
    return ", ".join(layer for layer in (engine, GUARD) if layer in probe.layers) or "-"
