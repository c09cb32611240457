"""hadolint on a Dockerfile. Words in the file that silence it are not obeyed, and its own settings files are not read."""

import tempfile
from pathlib import Path

from catalyst.audit.facts import Lint, Reported
from catalyst.audit.tools import program
from catalyst.audit.tools.program import ToolFailed

NOTHING = "ignored: []\n"  # /dev/null is an error to it, and without a file it reads .hadolint.yaml of the folder
SEVERITIES = {"error": "medium", "warning": "low", "info": "low", "style": "low"}


def lint(file: str) -> Lint:
    """What it says. Raises ToolFailed."""
    path = program.find("hadolint")
    with tempfile.TemporaryDirectory(prefix="catalyst-") as folder:
        settings = Path(folder) / "hadolint.yaml"
        settings.write_text(NOTHING, encoding="utf-8")
        argv = [path, "--no-color", "--no-fail", "--disable-ignore-pragma", "--config", str(settings), "--format", "json",
                str(Path(file).absolute())]  # fmt: skip
        said = program.document(program.run(argv, {0}), "hadolint")
    if not isinstance(said, list):
        raise ToolFailed("hadolint wrote a report of another form")
    found = tuple(Reported(str(one["code"]), SEVERITIES.get(str(one["level"]), "low"),
                           f"{one['code']}: {one['message']}"[:200],
                           int(one["line"])) for one in said)  # fmt: skip
    return Lint(by="hadolint", found=found)
