"""Who may log in is kept in a file. A workload that read it would know hashes only; one that wrote it could log itself in.
It sees the file neither by path nor through the gateway, started by root or by an ordinary user on the same data."""

import os
import subprocess
from pathlib import Path

import pytest

from catalyst.instance.store import Store
from support import Catalyst, descendants, forget, install, open_to_all, status

pytestmark = pytest.mark.engine("bwrap")
LOOK = """
import os, sys
found = []
for top in ("/", "/data", "/run", "/var", "/srv", "/tmp"):
    for folder, names, files in os.walk(top):
        names[:] = [one for one in names if (folder, one) != ("/", "proc")]
        found += [os.path.join(folder, one) for one in (*names, *files) if "gateway.db" in one or one == ".catalyst"]
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        links = [os.readlink(f"/proc/{pid}/fd/{one}") for one in os.listdir(f"/proc/{pid}/fd")]
        found += [link for link in links if "gateway.db" in link]
    except OSError:
        pass
print("FOUND", found)
"""


def look(catalyst: Catalyst) -> str:
    return catalyst.run("python3", "-c", LOOK, NETWORK_MODE="isolated").stdout


def test_started_by_root(bwrap: Catalyst) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    with bwrap.up(NETWORK_MODE="isolated") as running:
        file = Store(str(bwrap.data)).kept / "gateway.db"
        assert file.stat().st_uid == 0
        assert file.stat().st_mode & 0o777 == 0o600
        assert look(bwrap).strip() == "FOUND []"
        gateway = next(pid for pid in descendants(running.process.pid)
                       if b"services.gateway" in Path(f"/proc/{pid}/cmdline").read_bytes())  # fmt: skip
        assert status(gateway)["Uid"].split() == ["1000"] * 4
        for argv in (["cat", str(file)], ["ls", f"/proc/{gateway}/fd"], ["ls", str(file.parent)]):  # its own uid, outside
            as_1000 = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", *argv]
            assert subprocess.run(as_1000, capture_output=True).returncode != 0, argv
        assert bwrap("token", "new", "while-it-runs").returncode == 0
        assert "while-it-runs" in bwrap("token", "list").stdout


def test_started_by_the_workloads_own_user(tmp_path: Path) -> None:
    """Uid 1000 outside too, so file modes alone would not keep the workload out: it is shown only its places."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become another")
    open_to_all(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    install(tmp_path / "lib")
    os.chown(home, 1000, 1000)
    user = Catalyst("bwrap", home / "data", {"HOME": str(home), "PYTHONPATH": str(tmp_path / "lib")},
                    ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "/usr/bin/python3", "-m",
                    "catalyst"])  # fmt: skip
    with user.up(NETWORK_MODE="isolated"):
        file = home / "data/.catalyst/gateway.db"
        assert (file.stat().st_uid, file.stat().st_mode & 0o777) == (1000, 0o600)
        assert look(user).strip() == "FOUND []"
    # Root on the same data keeps its own, and believes nothing the user wrote there.
    root = Catalyst("bwrap", home / "data")
    try:
        assert "test-" in user("token", "list", "--json").stdout
        assert "test-" not in root("token", "list", "--json").stdout
    finally:
        forget(home / "data")
