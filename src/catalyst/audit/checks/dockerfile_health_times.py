"""The times of a health check."""

import re

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, NotApplicable, Outcome, judge
from catalyst.severity import Severity


def _seconds(text: str) -> float:
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    return sum(float(count) * units[unit] for count, unit in re.findall(r"([\d.]+)(ms|s|m|h)", text))


def _test(facts: Dockerfile) -> Outcome:
    found = look.final(facts, "HEALTHCHECK")
    if not found or found[-1].text.strip().upper() == "NONE":
        return NotApplicable("there is no health check")
    flags, line = found[-1].flags, found[-1].line
    interval, timeout = _seconds(flags.get("interval", "30s")), _seconds(flags.get("timeout", "30s"))
    places = [At(f"interval {interval:g} s", line)] if interval > 300 else []
    places += [At(f"timeout {timeout:g} s", line)] if timeout > 60 else []
    if timeout > interval:
        places.append(At(f"timeout {timeout:g} s is longer than the interval {interval:g} s", line))
    return judge(places, f"every {interval:g} s, {timeout:g} s each")


CHECK = Check(
    id="dockerfile-health-times",
    control="availability",
    severity=Severity.LOW,
    title="an image's health check is made often enough to tell something",
    why="The project recommends every 30 s, 3 s each, 45 s at the start, 5 times.",
    fix={"dockerfile": "HEALTHCHECK --interval=30s --timeout=3s --start-period=45s --retries=5 CMD …"},
    references=("Catalyst: health check",),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nHEALTHCHECK --interval=30s --timeout=3s --retries=5 CMD x", "FROM a\nHEALTHCHECK CMD x"),
    bad=("FROM a\nHEALTHCHECK --interval=1h CMD x", "FROM a\nHEALTHCHECK --interval=5s --timeout=10s CMD x"),
    test=_test,
)
