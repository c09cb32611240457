"""Root that starts bubblewrap with a user namespace is uid 1000 inside and root outside: it reads /etc/shadow."""

import os
import subprocess

import pytest

from support import Catalyst

pytestmark = [
    pytest.mark.engine("bwrap"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can be in disguise"),
]
READ = "import os; print(os.getuid(), len(open('/etc/shadow').read()) > 0)"


def test_with_a_mapped_uid_it_reads_the_hosts_passwords() -> None:
    done = subprocess.run(
        ["bwrap", "--unshare-user", "--uid", "1000", "--gid", "1000", "--ro-bind", "/", "/", "--cap-drop", "ALL",
         "/usr/bin/python3", "-c", READ], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["1000", "True"]


def test_under_catalyst_the_uid_is_real_and_the_file_is_not_there(bwrap: Catalyst) -> None:
    done = bwrap.run("python3", "-c", READ)
    assert done.returncode == 1
    assert "No such file" in done.stderr
    assert bwrap.run("cat", "/proc/self/uid_map").stdout.split()[:2] == ["0", "0"]  # no map: 1000 is 1000


def test_not_even_a_root_only_file_in_a_mounted_folder(bwrap: Catalyst) -> None:
    (bwrap.data / "models").mkdir(parents=True)
    secret = bwrap.data / "models/roots"
    secret.write_text("secret")
    secret.chmod(0o600)
    os.chown(bwrap.data / "models", 1000, 1000)
    done = bwrap.run("cat", "/data/models/roots")
    assert "Permission denied" in done.stderr
