"""`python -m catalyst` puts the current folder first on the path: a folder `catalyst` in a downloaded pack would run
as the owner, outside every sandbox. The bootstrap uses -P, every process Catalyst starts -I."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    for name in ("catalyst", "json", "rich"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("print('HIJACKED')\nraise SystemExit(66)\n")
        (tmp_path / name / "__main__.py").write_text("print('HIJACKED')\n")
    return tmp_path


def test_without_the_flag_the_trap_springs(trap: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "catalyst", "--version"], cwd=trap, capture_output=True, text=True)
    assert "HIJACKED" in done.stdout


def test_with_it_our_own_code_runs(trap: Path) -> None:
    done = subprocess.run([sys.executable, "-P", "-m", "catalyst", "--version"], cwd=trap, capture_output=True, text=True)
    assert done.stdout.startswith("catalyst ")


def test_everything_that_starts_python_uses_it() -> None:
    """The bootstrap by -P; inside, sys.executable is named in one place, which uses -I."""
    assert 'exec "$venv/bin/python" -P -m catalyst "$@"' in (ROOT / "catalyst").read_text()
    host_side = [file for file in (ROOT / "src").rglob("*.py") if not {"canary", "probes", "inside"} & {*file.parts}]
    assert [file.name for file in host_side if "[sys.executable" in file.read_text()] == ["process.py"]


def test_a_module_started_by_catalyst_is_catalysts(trap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from catalyst.engine import process

    done = subprocess.run(process.python("catalyst", "--version"), cwd=trap, capture_output=True, text=True,
                          env={"PYTHONPATH": str(trap), "PATH": "/usr/bin"})  # fmt: skip
    assert done.stdout.startswith("catalyst ")
