"""What every refusal of the command looks like, whatever it refuses (knowledge: style.md §7)."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import COMMAND, own_environment

GUARD = Path(__file__).parents[1] / "src/catalyst/guard/__main__.py"


@dataclass(frozen=True)
class Answer:
    """How one command ended."""

    code: int
    out: str
    err: str


def real(*words: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> Answer:
    """The command in a process of its own."""
    return _run([*COMMAND, *words], {**own_environment(), **(env or {})}, cwd)


def guard(plan: Path) -> Answer:
    """The guard, started as an engine starts it. Never in this process: a plan it follows would confine the tests."""
    return _run([sys.executable, "-I", "-S", str(GUARD), str(plan)], dict(os.environ), plan.parent)


def _run(argv: list[str], env: dict[str, str], cwd: Path | None) -> Answer:
    done = subprocess.run(argv, env=env, cwd=cwd, capture_output=True, text=True, errors="surrogateescape",
                          timeout=60, check=False, stdin=subprocess.DEVNULL)  # fmt: skip
    return Answer(done.returncode, done.stdout, done.stderr)


def check(answer: Answer, code: int, *names: str) -> None:
    """Exit code, one error that has `names` in it, one hint, nothing on stdout, nothing a terminal would obey."""
    assert "Traceback" not in answer.err, answer.err
    assert (answer.code, answer.out) == (code, ""), answer.err
    raw = [letter for letter in answer.err if letter != "\n" and not letter.isprintable()]
    assert not raw, f"raw control characters {raw!r} in {answer.err!r}"
    lines = answer.err.splitlines()
    errors = [line for line in lines if line.startswith("catalyst: error: ")]
    hints = [line.removeprefix("catalyst: hint: ").strip() for line in lines if line.startswith("catalyst: hint: ")]
    assert (len(errors), len(hints)) == (1, 1), answer.err
    assert hints[0]
    assert all(line.startswith(("catalyst: error: ", "catalyst: hint: ", "catalyst: notice: ")) for line in lines)
    for name in names:
        assert name in errors[0], f"{name!r} is not in: {errors[0]}"
    assert all(len(line) < 1000 for line in lines), "a message is a line, not a dump"


def write_plan(folder: Path, change: dict[str, Any]) -> Path:
    """A plan that starts /bin/true, with some keys changed; a value of ... removes its key."""
    good: dict[str, Any] = {
        "version": 1, "argv": ["/bin/true"], "env": {}, "cwd": "/", "uid": 65534, "gid": 65534, "groups": [],
        "no_new_privileges": True, "no_capabilities": True, "filter": None,
        "file_rules": None, "tcp_rules": None, "egress": None, "scoped": False, "umask": 63, "processes": 4096,
        "files": 1024, "folders": [], "places": [], "door": None, "lifeline": None, "stop_signal": "SIGTERM", "grace": 1,
        "restarts": 0, "command": True, "services": [],
    }  # fmt: skip
    found = {key: value for key, value in {**good, **change}.items() if value is not ...}
    file = folder / "plan.json"
    file.write_text(json.dumps(found), encoding="utf-8")
    return file
