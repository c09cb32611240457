"""podman without root: keep-id maps the caller to the workload's uid. Run as root, these tests make a user for it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from live import base_image
from live.containers import PODMAN
from support import Catalyst, guards_of, install, open_to_all

pytestmark = pytest.mark.parametrize("engine", ["podman"], indirect=True)
NAME, PYTHON = "catalysttest", "/usr/bin/python3"


@pytest.fixture(scope="module")
def user() -> Iterator[int]:
    """A user with subordinate ids, removed afterwards."""
    subprocess.run(["useradd", "--create-home", NAME], check=True)
    try:
        uid = int(subprocess.run(["id", "-u", NAME], check=True, capture_output=True, text=True).stdout)
        yield uid
        for pid in _owned_by(uid):  # podman's pause process, which ignores SIGTERM
            os.kill(pid, 9)
    finally:
        subprocess.run(["userdel", "--force", "--remove", NAME], check=False, capture_output=True)


def _owned_by(uid: int) -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if folder.stat().st_uid == uid]


@pytest.fixture
def rootless(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Catalyst:
    """The command as that user, with the test image in the user's own store."""
    if os.geteuid() != 0:
        pytest.skip("the podman lane of an ordinary user is rootless anyway")
    uid: int = request.getfixturevalue("user")
    open_to_all(tmp_path)
    home = Path(f"/home/{NAME}")
    if not (home / "lib").exists():
        install(home / "lib")
        (home / "containers.conf").write_text(PODMAN)
        (home / "storage.conf").write_text('[storage]\ndriver = "overlay"\n')  # else it copies each layer whole
        (home / "run").mkdir(mode=0o700)
        subprocess.run(["chown", "-R", f"{uid}:{uid}", str(home)], check=True)
    environment = {
        "HOME": str(home), "USER": NAME, "LOGNAME": NAME, "XDG_RUNTIME_DIR": str(home / "run"),
        "PYTHONPATH": str(home / "lib"), "CONTAINERS_CONF": str(home / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(home / "storage.conf"), "CATALYST_IMAGE": "catalyst-test:bookworm",
    }  # fmt: skip
    become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--init-groups"]
    podman = [*become, "env", *(f"{key}={value}" for key, value in environment.items()), "podman"]
    tar = base_image.base_tar(base_image.default_cache())
    readable = shutil.copy(tar, tmp_path / "base.tar")
    monkeypatch.chdir("/")  # the user may not enter ours
    base_image.import_image(podman, Path(readable), "catalyst-test:bookworm")
    return Catalyst("podman", home / "data", environment, [*become, PYTHON, "-m", "catalyst"])


def test_identity_and_files(rootless: Catalyst, user: int) -> None:
    done = rootless.run("sh", "-c", "cat /proc/self/status; echo x > /data/output/mine", SECURITY_LEVEL="high",
                        NETWORK_MODE="isolated")  # fmt: skip
    assert done.returncode == 0, done.stderr
    fields = {key: value.strip() for key, _, value in (line.partition(":") for line in done.stdout.splitlines())}
    assert fields["Uid"].split() == ["1000"] * 4
    assert {fields[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert fields["NoNewPrivs"] == "1"
    assert (rootless.data / "output/mine").stat().st_uid == user


def test_up_and_down(rootless: Catalyst, user: int) -> None:
    with rootless.up(SECURITY_LEVEL="high", NETWORK_MODE="isolated") as running:
        assert running.get("probes")["identity"]["CapEff"] == "0" * 16
        assert guards_of(user)
    assert guards_of(user) == []
