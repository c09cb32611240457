"""What other programs are asked: a scanner for known vulnerabilities, and linters for a second opinion, deduplicated."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from catalyst.audit.facts import Lint, Vulnerabilities
from catalyst.audit.model import Broken
from catalyst.audit.run import Row, Subject
from catalyst.audit.tools import compose_lint, grype, hadolint, trivy
from catalyst.audit.tools.program import ToolFailed
from catalyst.guard.record import Record, replace

SCANNERS = ("auto", "trivy", "grype", "none")
LINTERS: Mapping[str, Callable[[str], Lint]] = {"dockerfile": hadolint.lint, "compose": compose_lint.lint}


class Wish(Record):
    """What the command line asks for: a scanner, an OpenVEX file, a file for an SBOM; empty for none."""

    scanner: str = "auto"
    vex: str = ""
    sbom: str = ""

    @property
    def named(self) -> bool:
        """Was a scanner asked for by name?"""
        return self.scanner in {"trivy", "grype"}


def vulnerabilities(kind: str, target: str, wish: Wish) -> tuple[tuple[Vulnerabilities, ...], tuple[str, ...]]:
    """Facts for the checks, or why there are none: `kind` is image (a tar), folder or sbom."""
    if wish.scanner == "none":
        return (), ("known vulnerabilities: not looked for, because --scanner=none",)
    now, reasons = dt.datetime.now(tz=dt.UTC), []
    path = str(Path(target).absolute())
    tools: dict[str, Callable[[], Vulnerabilities]] = {
        "trivy": lambda: trivy.scan(kind, path, now, str(Path(wish.vex).absolute()) if wish.vex else ""),
        "grype": lambda: grype.scan(kind, path),
    }
    for name in (wish.scanner,) if wish.named else tuple(tools):
        try:
            return (tools[name](),), ()
        except ToolFailed as error:
            reasons.append(str(error))
    return (), (f"known vulnerabilities: {'; '.join(reasons)}",)


def of_image(file: str, wish: Wish) -> tuple[tuple[Vulnerabilities, ...], tuple[str, ...]]:
    """Of an image's tar; writes its SBOM too where one is wished for. Raises OSError where that cannot be written."""
    found, undone = vulnerabilities("image", file, wish)
    if wish.sbom:
        try:
            form = "spdx-json" if wish.sbom.endswith(".spdx.json") else "cyclonedx"
            Path(wish.sbom).write_bytes(trivy.bill("image", str(Path(file).absolute()), form))
        except ToolFailed as error:
            undone = (*undone, f"the SBOM: {error}")
    return found, undone


def linted(subjects: Sequence[Subject], rows: Sequence[Row]) -> list[Subject]:
    """Each file's subject with what a linter says beyond our own checks; nothing where it is not installed."""
    found = []
    for subject in subjects:
        lint = LINTERS.get(subject.kind)
        if lint is None or not subject.file or subject.file == "-":
            continue
        try:
            said = lint(subject.file)
        except ToolFailed as error:
            if "is not installed" not in str(error):
                found.append(Subject(subject.kind, subject.name, (), (f"a second opinion: {error}",), subject.file))
            continue
        mine = [row for row in rows if row.subject is subject and isinstance(row.outcome, Broken)]
        ours = {one for row in mine for one in row.check.references}
        beyond = tuple(one for one in said.found or () if one.id not in ours)
        found.append(Subject(subject.kind, subject.name, (replace(said, found=beyond),), file=subject.file))
    return found
