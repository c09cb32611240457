"""`catalyst audit --fix`: the diff to standard output, what was mended and what was not to standard error."""

import sys
from collections.abc import Iterator

from catalyst.audit import find
from catalyst.audit.mend import write as files
from catalyst.audit.mend.mend import KINDS, UNCERTAIN, Mended, difference, mended
from catalyst.audit.model import Broken
from catalyst.audit.report.summary import Report, findings
from catalyst.audit.run import Subject, checks
from catalyst.cli import output
from catalyst.errors import plain


def mend(report: Report, version: find.Version, *, write: bool) -> bool:
    """Print what would mend the files of a report, and with `write` change them; was there anything?

    Raises NotWritten; files before that one are changed.
    """
    subjects = {one.file: one for one in report.subjects if one.kind in KINDS and one.file not in {"", "-"}}
    done = [_of_file(report, one, find.Given(version)) for one in subjects.values()]
    changed = [one for one in done if one.after != one.before]
    for one in changed:
        output.notice(f"{plain(one.name)}: {len(one.done)} findings {'mended' if write else 'can be mended'}")
        _show(one)
    for line in (*(line for one in done for line in _not_mended(one)), *_elsewhere(report, set(subjects))):
        output.notice(f"not mended: {line}")
    if write:
        for one in changed:
            files.write(one.name, one.before, one.after)
    if not changed:
        output.notice("nothing here can be mended with certainty")
    return bool(changed)


def _of_file(report: Report, subject: Subject, given: find.Given) -> Mended:
    """What the owner accepted is left alone."""
    name = subject.file
    wanted = {(row.check.id, row.part) for row in report.of(Broken) if row.subject.file == name}
    return mended(name, find.content(name), lambda data: find.of_bytes(data, name, given), wanted)


def _show(one: Mended) -> None:
    """The diff, to the letter where it goes to another program; a terminal must not obey what a file holds."""
    text = difference(one)
    if not text:
        output.notice(f"{plain(one.name)}: the diff is not shown, because of a secret in it or of the file's name; "
                      "--write changes the file all the same")  # fmt: skip
    if sys.stdout.isatty():
        text = "".join(f"{plain(line, len(line))}\n" for line in text.split("\n")[:-1])
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def _not_mended(one: Mended) -> Iterator[str]:
    by_id = {check.id: check for check in checks()}
    for left in one.left:
        line = f":{left.at.line}" if left.at.line else ""
        yield f"{plain(one.name)}{line} {left.id}: {plain(left.why)}, as in: {by_id[left.id].remedy(one.kind)}"


def _elsewhere(report: Report, mine: set[str]) -> Iterator[str]:
    """Findings that no change of these files mends: of an image, a container, this machine, or another program."""
    for row, place in findings(report.of(Broken)):
        if row.subject.file not in mine or row.check.id.startswith("lint-"):
            yield f"{plain(row.subject.name)} {row.check.id}: {UNCERTAIN} ({plain(place.evidence)})"
