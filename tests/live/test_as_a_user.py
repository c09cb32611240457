"""bubblewrap started by an ordinary user: a user namespace, no root anywhere.

The tests run as root in CI, so they make the user: a uid of its own, a copy of Catalyst that it may read, and the
system's Python, since a Python below /root is closed to it.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import Catalyst, guards_of, install, open_to_all, wait_for

pytestmark = pytest.mark.parametrize("engine", ["bwrap"], indirect=True)  # podman: test_rootless_podman.py
UID = 4343
PYTHON = "/usr/bin/python3"


@pytest.fixture
def as_user(engine: str, tmp_path: Path) -> Iterator[Catalyst]:
    """The command as uid 4343, with a home, a runtime folder and data of its own."""
    if os.geteuid() != 0:
        yield Catalyst(engine, tmp_path / "data")
        return
    assert subprocess.run([PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).returncode == 0
    open_to_all(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    install(tmp_path / "lib")
    os.chown(home, UID, UID)
    yield Catalyst(
        engine, home / "data", {"HOME": str(home), "PYTHONPATH": str(tmp_path / "lib"), "USER": "somebody"},
        ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", PYTHON, "-m", "catalyst"],
    )  # fmt: skip


def test_the_uid_inside_is_1000_and_outside_the_callers(as_user: Catalyst) -> None:
    done = as_user.run("cat", "/proc/self/status", SECURITY_LEVEL="high", NETWORK_MODE="isolated")
    assert done.returncode == 0, done.stderr
    fields = {key: value.strip() for key, _, value in (line.partition(":") for line in done.stdout.splitlines())}
    assert fields["Uid"].split() == ["1000"] * 4
    assert {fields[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert fields["NoNewPrivs"] == "1"


def test_no_further_user_namespace_can_be_made(as_user: Catalyst) -> None:
    assert as_user.run("unshare", "--user", "true").returncode != 0
    assert subprocess.run(["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "unshare", "--user", "true"],
                          check=False).returncode == 0, "the positive control: this host allows it"  # fmt: skip


def test_up_and_down(as_user: Catalyst) -> None:
    with as_user.up("--app=canary", SECURITY_LEVEL="maximum", NETWORK_MODE="isolated") as running:
        assert running.get("probes")["identity"]["CapBnd"] == "0" * 16
        uid = UID if os.geteuid() == 0 else os.geteuid()
        assert len(guards_of(uid)) >= 3  # bwrap, the guard, the doorman
    wait_for(lambda: not guards_of(uid), "everything to end")


def test_files_belong_to_the_caller(as_user: Catalyst) -> None:
    assert as_user.run("sh", "-c", "umask; echo x > /data/output/mine").stdout.strip() == "0077"
    written = as_user.data / "output/mine"
    assert written.stat().st_uid == (UID if os.geteuid() == 0 else os.geteuid())
    assert written.stat().st_mode & 0o777 == 0o600


def test_another_users_data_directory_is_refused_with_words(as_user: Catalyst, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs a second user")
    (tmp_path / "roots").mkdir(mode=0o700)
    done = Catalyst("bwrap", tmp_path / "roots/data", as_user.environment, as_user.command)("up", "--app=canary", "--port=0")
    assert done.returncode == 4
    assert "CATALYST_DATA" in done.stderr
    assert "catalyst: hint:" in done.stderr
    assert "Traceback" not in done.stderr


