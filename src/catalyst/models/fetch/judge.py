"""May a file that was scanned be placed? At `high` and above only tensors that cannot hold code, unless allowed by hash."""

from collections.abc import Sequence

from catalyst.guard.record import Record
from catalyst.models.fetch import names
from catalyst.models.scan.finding import Examined, Finding
from catalyst.models.scan.report import severity
from catalyst.models.scan.rules import RULES
from catalyst.severity import Severity

DATA = frozenset({"safetensors", "gguf"})


class Verdict(Record):
    """`refused` says why not, and is empty where it may be placed; `said` is what its owner should know all the same."""

    refused: str = ""
    worst: int = 0
    said: str = ""


def by_name(name: str, *, strict: bool, allowed: bool) -> str:
    """Why a file of that name would be refused whatever it holds; empty where it has to be looked at first."""
    if allowed or not strict or name.endswith(tuple(names.SAFE)):
        return ""
    return f"from SECURITY_LEVEL=high on only {', '.join(sorted(names.SAFE))} are taken, and this may hold code"


def judge(examined: Examined, findings: Sequence[Finding], *, strict: bool, allowed: bool) -> Verdict:
    """`strict`: from `high` on. `allowed`: the owner allowed its hash. What is refused for the scan has its severity."""
    worst = max((severity(one) for one in findings), default=None)
    words = "; ".join(dict.fromkeys(f"{RULES[one.rule].title}: {one.evidence}" for one in findings[:5]))
    said = "; ".join(filter(None, (words, examined.unjudged and f"not judged: {examined.unjudged}")))
    if allowed or (not findings and not examined.unjudged and (not strict or examined.kind in DATA)):
        return Verdict(said=said)
    if findings and (strict or (worst or 0) >= Severity.HIGH):
        return Verdict(f"the scan found {words}", int(worst or 0), said)
    if strict:
        why = f"by its content it is {examined.kind}, not safetensors or gguf"
        why = f"the scan cannot judge it: {examined.unjudged}" if examined.unjudged else why
        return Verdict(why, int(Severity.HIGH), said)
    return Verdict(said=said)
