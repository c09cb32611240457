"""What all forms of a report share: what counts as a finding, how many there are, what the program exits with."""

from collections.abc import Iterator

from catalyst.audit.model import At, Broken, Held, NotApplicable, Unknown
from catalyst.audit.run import Row, Subject
from catalyst.guard.record import Record
from catalyst.severity import Severity

INCOMPLETE = 3  # design §5
WORDS = {Broken: "broken", Unknown: "unknown", Held: "held", NotApplicable: "not applicable"}


class Report(Record):
    """All rows of one audit, the subjects it looked at, and what was not done, each with its reason."""

    rows: tuple[Row, ...]
    subjects: tuple[Subject, ...]

    @property
    def undone(self) -> tuple[str, ...]:
        """Parts that were not done, with their subject."""
        return tuple(f"{one.name}: {why}" for one in self.subjects for why in one.undone)

    def of(self, kind: type) -> list[Row]:
        """Rows with that outcome; accepted findings are no broken ones."""
        return [row for row in self.rows if isinstance(row.outcome, kind) and not row.accepted]

    @property
    def accepted(self) -> list[Row]:
        """Findings that the owner lives with."""
        return [row for row in self.rows if row.accepted]


def findings(rows: list[Row]) -> Iterator[tuple[Row, At]]:
    """Each place of each broken row, the worst first."""
    for row in sorted(rows, key=lambda row: -row.check.severity):
        if isinstance(row.outcome, Broken):
            for place in row.outcome.at:
                yield row, place


def counts(report: Report) -> dict[str, int]:
    """Findings by severity, nothing weighted; then what was held, unknown, not applicable, accepted, not done."""
    broken = list(findings(report.of(Broken)))
    return {
        **{level.name.lower(): sum(row.check.severity is level for row, _ in broken) for level in reversed(Severity)},
        "held": len(report.of(Held)), "unknown": len(report.of(Unknown)), "not_applicable": len(report.of(NotApplicable)),
        "accepted": len(report.accepted), "not_done": len(report.undone),
    }  # fmt: skip


def exit_code(report: Report, *, allow_incomplete: bool) -> int:
    """The worst finding (11 to 14); else 3 where no check ran, or something is unknown or not done; else 0."""
    broken = report.of(Broken)
    if broken:
        return int(max(row.check.severity for row in broken))
    ran = [row for row in report.rows if not isinstance(row.outcome, NotApplicable)]
    if not ran:
        return INCOMPLETE
    return INCOMPLETE if not allow_incomplete and (report.of(Unknown) or report.undone) else 0


def sentence(report: Report) -> str:
    """`2 critical, 0 high, …; 31 held, 1 unknown, 4 not applicable`."""
    found = counts(report)
    levels = ", ".join(f"{found[level.name.lower()]} {level.name.lower()}" for level in reversed(Severity))
    rest = ", ".join(f"{found[key]} {key.replace('_', ' ')}" for key in ("held", "unknown", "not_applicable", "accepted",
                                                                         "not_done"))  # fmt: skip
    return f"{levels}; {rest}"


def where(row: Row, place: At) -> str:
    """File and line, or the subject and its part."""
    spot = f"{row.subject.name}:{place.line}" if place.line else row.subject.name
    return f"{spot} {row.part}" if row.part and row.part != row.subject.name else spot
