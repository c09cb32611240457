"""compose-lint on a compose file, with settings that switch nothing off."""

import tempfile
from pathlib import Path

from catalyst.audit.facts import Lint, Reported
from catalyst.audit.tools import program
from catalyst.audit.tools.program import ToolFailed

NOTHING = "rules: {}\n"
SEVERITIES = {"critical", "high", "medium", "low"}


def lint(file: str) -> Lint:
    """What it says. Raises ToolFailed, also where it could not look at all of the file."""
    path = program.find("compose-lint")
    with tempfile.TemporaryDirectory(prefix="catalyst-") as folder:
        settings = Path(folder) / "compose-lint.yml"
        settings.write_text(NOTHING, encoding="utf-8")
        argv = [path, "check", "--format", "json", "--config", str(settings), "--allow-partial-coverage",
                str(Path(file).absolute())]  # fmt: skip
        said = program.document(program.run(argv, {0, 1}), "compose-lint")
    if not isinstance(said, dict) or "findings" not in said:
        raise ToolFailed("compose-lint wrote a report of another form")
    found = tuple(Reported(str(one["rule_id"]), str(one["severity"]) if one["severity"] in SEVERITIES else "low",
                           f"{one['rule_id']}: {one['message']}"[:200], int(one.get("line") or 0))
                  for one in said["findings"])  # fmt: skip
    return Lint(by="compose-lint", found=found)
