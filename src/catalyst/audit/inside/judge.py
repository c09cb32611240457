"""From what an attempt met to a verdict: one function, for the canary's page and for `catalyst verify`."""

from typing import Literal

from catalyst.audit.inside.probe import Answer, Probe

Verdict = Literal["held", "broken", "unknown", "open"]


def judge(probe: Probe, answer: Answer, level: str, network: str) -> Verdict:
    """What `answer` means where `level` and `network` are set. `open`: nobody promises to stop it here.

    What is not promised stays `open` even where it was stopped: it is listed apart and never counted as held.
    """
    if probe.open_because or level not in probe.levels or network not in probe.networks:
        return "open"
    if answer.outcome == "allowed":
        return "broken"
    return "held" if answer.outcome == "denied" else "unknown"
