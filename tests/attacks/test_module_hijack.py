"""`python -m catalyst` puts the current folder first on the path: a folder `catalyst` in a downloaded pack would run
as the owner, outside every sandbox. The bootstrap and every process Catalyst starts use -P."""

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
    sources = [*sorted((ROOT / "src").rglob("*.py")), ROOT / "catalyst"]
    starts = [line for file in sources for line in file.read_text().splitlines() if "-m" in line.split('"') or " -m c" in line]
    commands = [line for line in starts if "catalyst" in line and not line.lstrip().startswith(("#", '"""', "`"))]
    assert len(commands) >= 3  # the bootstrap, the detached `up`, the gateway
    assert all("-P" in line for line in commands), commands
