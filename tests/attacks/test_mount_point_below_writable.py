"""CVE-2026-87766: bwrap before 0.12 follows a link on the way to a mount point, so a workload that could write the
folder above in an earlier run makes bwrap create files outside. No mount point may lie below a writable place."""

import pytest

from catalyst.errors import PathRefused
from catalyst.policy.model import Place, Policy, Stated, Writable
from catalyst.render import mounts
from catalyst.workloads.model import Mount

POLICY = Policy((Stated(Writable(frozenset({Place.CACHE})), ("write-confinement",)),))
CACHE = Mount("/srv/data/cache", "/data/cache", Place.CACHE)


@pytest.mark.parametrize("target", ["/data/cache/venv", "/data/cache/a/b/c"])
def test_it_is_refused(target: str) -> None:
    with pytest.raises(PathRefused):
        mounts.inspect(POLICY, [CACHE, Mount("/srv/venv", target)])


def test_code_in_a_writable_folder_is_refused() -> None:
    with pytest.raises(PathRefused):
        mounts.inspect(POLICY, [CACHE, Mount("/srv/data/cache/venv", "/opt/venv")])


def test_beside_it_is_fine() -> None:
    mounts.inspect(POLICY, [CACHE, Mount("/srv/venv", "/data/cachet")])
