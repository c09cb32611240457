"""Pages under docs/reference that a bench made say what the code does."""

import re
from pathlib import Path

from catalyst.render.targets.bubblewrap import GUARD_NEEDS

CAPABILITIES = (Path(__file__).parents[2] / "docs/reference/capabilities.md").read_text(encoding="utf-8")


def test_the_guard_is_given_what_was_measured_and_no_more() -> None:
    rows = [row.split("|") for row in CAPABILITIES.splitlines() if row.startswith("| bwrap | root, for the guard |")]
    needed = {f"CAP_{name}" for name in re.findall("`([A-Z_]+)`", rows[0][3])}
    assert needed == set(GUARD_NEEDS)


def test_an_unprivileged_start_needs_none() -> None:
    for engine in ("docker", "podman"):
        assert f"| {engine} | uid 1000 | **none** | answers, as promised |" in CAPABILITIES
