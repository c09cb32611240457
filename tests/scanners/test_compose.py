"""Our rendered compose files under compose-lint: nothing of medium or above but what is known."""

import os
from pathlib import Path

import pytest

from catalyst.audit.tools import compose_lint
from golden.test_golden import SETTINGS
from unit.audit.test_own_files import rendered

# CL-0026 calls a missing processor limit medium, which we call low, and no setting of ours says one.


@pytest.mark.parametrize("name", SETTINGS)
def test_our_compose_file(tools: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    found = compose_lint.lint(str(rendered(name, tmp_path))).found
    assert found is not None
    assert {one.id for one in found if one.severity in {"medium", "high", "critical"}} == {"CL-0026"}
