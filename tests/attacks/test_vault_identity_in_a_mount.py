"""An identity in a folder that the workload sees opens a vault that it does not see, should it ever get one."""

from pathlib import Path

import pytest

from support import Catalyst

pytestmark = pytest.mark.engine("bwrap")


@pytest.mark.parametrize("linked", [False, True])
def test_it_is_refused(bwrap: Catalyst, linked: bool) -> None:
    inside = bwrap.data / "models/key"
    assert bwrap.run("true").returncode == 0  # makes the data directory
    inside.write_text("AGE-SECRET-KEY-1CANARY")
    named: Path = inside
    if linked:
        named = bwrap.data.parent / "link"
        named.symlink_to(inside)
    done = bwrap.run("cat", str(inside), CATALYST_VAULT_IDENTITY=str(named))
    assert done.returncode == 4
    assert "CANARY" not in done.stdout
