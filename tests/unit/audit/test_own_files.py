"""What the project ships is audited with its own audit: nothing of medium or above."""

from pathlib import Path

import pytest

from catalyst.audit import find
from catalyst.audit.model import Broken, Unknown
from catalyst.audit.run import run
from catalyst.guard.record import replace
from catalyst.policy.build import build
from catalyst.render.target import targets
from catalyst.severity import Severity
from golden.test_golden import SETTINGS, _facts
from strategies import sandbox, settings_with

IMAGE = f"catalyst-comfyui@sha256:{'0' * 64}"  # which image is the user's to say: docs/guides/containers.md
# What level normal leaves to a workload on purpose (docs/guides/levels.md), and what the rendered file says of it.
NORMAL = {"normal-public", "gpu-nvidia", "gpu-amd"}
LEFT = {("container-read-only", "workload")}


def rendered(name: str, folder: Path) -> Path:
    """The compose file of these settings, as `catalyst render compose` writes it."""
    settings = settings_with(**SETTINGS[name], image=IMAGE)
    file = folder / "compose.yaml"
    where = replace(sandbox(settings), image=IMAGE)
    file.write_text(targets()["compose"].render(build(settings), where, _facts(name)).text)
    return file


@pytest.mark.parametrize("name", SETTINGS)
def test_our_compose_file(tmp_path: Path, name: str) -> None:
    (subject,) = find.files([str(rendered(name, tmp_path))])
    rows = run([subject])
    assert subject.undone == ()
    assert len(rows) > 50
    assert {(row.check.id, row.part) for row in rows if isinstance(row.outcome, Unknown)} == set()
    serious = {(row.check.id, row.part) for row in rows
               if isinstance(row.outcome, Broken) and row.check.severity >= Severity.MEDIUM}  # fmt: skip
    assert serious == (LEFT if name in NORMAL else set())


def test_our_dockerfile() -> None:
    (subject,) = find.files([str(Path(__file__).parents[3] / "image/Dockerfile")])
    rows = run([subject])
    assert subject.undone == ()
    assert len(rows) > 20
    bad = {(row.check.id, type(row.outcome).__name__) for row in rows if isinstance(row.outcome, Unknown) or (
        isinstance(row.outcome, Broken) and row.check.severity >= Severity.MEDIUM)}  # fmt: skip
    assert bad == set()
