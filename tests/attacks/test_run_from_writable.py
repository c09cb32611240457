"""ultralytics 8.3.41: write an ELF to /tmp, chmod, run, unlink. From `high` on it does not run, from any writable place."""

import pytest

from support import Catalyst

pytestmark = pytest.mark.engine("bwrap")
PLACES = ("/tmp", "/scratch", "/dev/shm", "/data/output", "/data/input", "/data/user", "/data/cache", "/scratch/home")
PROGRAM = (
    f"for p in {' '.join(PLACES)}; do cp /usr/bin/true $p/config.json && chmod 0770 $p/config.json && "
    "$p/config.json 2>/dev/null && echo $p; done; true"
)


def test_at_normal_it_runs_as_the_level_says(bwrap: Catalyst) -> None:
    assert bwrap.run("sh", "-c", PROGRAM).stdout.split() == list(PLACES)


@pytest.mark.parametrize("level", ["high", "maximum"])
def test_from_high_on_it_does_not(bwrap: Catalyst, level: str) -> None:
    done = bwrap.run("sh", "-c", PROGRAM, SECURITY_LEVEL=level, NETWORK_MODE="isolated")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_script_does_not_either(bwrap: Catalyst) -> None:
    script = "printf '#!/bin/sh\\necho ran\\n' > /data/output/x; chmod +x /data/output/x; /data/output/x"
    assert "ran" in bwrap.run("sh", "-c", script).stdout
    done = bwrap.run("sh", "-c", script, SECURITY_LEVEL="high", NETWORK_MODE="isolated")
    assert "Permission denied" in done.stderr
