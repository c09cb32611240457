"""What became of everything that was wanted."""

from collections.abc import Sequence
from enum import StrEnum

from catalyst.errors import FAILED
from catalyst.guard.record import Record


class State(StrEnum):
    """How one file ended."""

    FETCHED = "fetched"
    THERE = "there already"
    REFUSED = "refused"
    FAILED = "failed"


class Outcome(Record):
    """One file, or a source of which no file is known. `size` in bytes; `worst` is the scan's exit code where refused."""

    source: str
    state: State
    path: str = ""
    size: int = 0
    sha256: str = ""
    why: str = ""
    hint: str = ""
    worst: int = 0
    origin: str = ""


class Report(Record):
    """All of it."""

    outcomes: tuple[Outcome, ...]

    def of(self, state: State) -> tuple[Outcome, ...]:
        """Those that ended so."""
        return tuple(one for one in self.outcomes if one.state is state)


def exit_code(report: Report) -> int:
    """11 to 14 for the worst that was refused, 1 when something failed, else 0 (design §5)."""
    worst = max((one.worst for one in report.outcomes), default=0)
    return worst or (FAILED if report.of(State.FAILED) or report.of(State.REFUSED) else 0)


def document(report: Report) -> dict[str, object]:
    """The JSON form."""
    return {
        "version": 1, "counts": {state.value: len(report.of(state)) for state in State},
        "models": [{**vars(one), "state": one.state.value} for one in report.outcomes],
    }  # fmt: skip


def lines(report: Report) -> Sequence[str]:
    """A line for each that did not come as wanted, and one for all."""
    said = [f"{one.path or one.source} {one.state.value}: {one.why}{f' ({one.hint})' if one.hint else ''}"
            for one in report.outcomes if one.state in {State.REFUSED, State.FAILED}]  # fmt: skip
    said += [f"{one.path}: {one.why}" for one in report.outcomes if one.why and one.state in {State.FETCHED, State.THERE}]
    counts = ", ".join(f"{len(report.of(state))} {state.value}" for state in State if report.of(state))
    return [*said, f"models: {counts}"]
