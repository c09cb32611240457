"""The image of image/Dockerfile, built from stand-ins and started the ways people start it; the canary runs in it."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from live import image, image_runs
from live.image_runs import CANARY, PATIENT, RUNS, do, log, started
from live.test_two_containers import PLACES
from support import COMMAND, install, wait_for

TAG = "catalyst-image:test"
HEALTH = {"Interval": 30, "Timeout": 3, "StartPeriod": 45, "Retries": 5}  # s, and a number
LEVEL = ("--env=SECURITY_LEVEL=high", "--env=NETWORK_MODE=restricted")
# Nobody without capabilities may listen to the audit, so without the guard it cannot be shown to be possible either.
UNPROVED = {"recommended": {"netlink-audit"}}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the image is kept by the first engine that builds it, for those that come after."""
    kept = tmp_path_factory.mktemp("image") / "image.tar"
    yield kept
    kept.unlink(missing_ok=True)


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.engine(name)) for name in ("docker", "podman")]
)
def client(request: pytest.FixtureRequest, archive: Path) -> Iterator[list[str]]:
    """The command line of an engine that has the image."""
    with image_runs.client_with(request.param, TAG, archive) as argv:
        yield argv


@pytest.mark.parametrize("run", RUNS)
def test_health_follows_the_workload(client: list[str], run: str) -> None:
    with started(client, TAG, *RUNS[run]) as name:
        image_runs.health_follows(client, name, CANARY)
        assert "token=" not in log(client, name)


@pytest.mark.parametrize("run", RUNS)
def test_nothing_gets_through(client: list[str], run: str) -> None:
    _verify(client, UNPROVED.get(run, set()), *RUNS[run], *LEVEL)


def _verify(client: Sequence[str], unproved: set[str], *options: str) -> None:
    """Nothing gets through, and what cannot be judged is `unproved`: exit code 0, or 3 for the latter."""
    done = subprocess.run([*client, "run", "--rm", *options, TAG, "verify", "--json"], capture_output=True, text=True,
                          check=False, timeout=PATIENT)  # fmt: skip
    assert done.returncode in {0, 3}, done.stderr
    matrix = json.loads(done.stdout)
    assert {one["id"] for one in matrix["probes"] if one["outcome"] == "broken"} == set()
    assert {one["id"] for one in matrix["probes"] if one["outcome"] == "unknown"} <= unproved
    assert matrix["counts"]["held"] > 250


def test_what_the_image_says_of_itself(client: list[str]) -> None:
    (found,) = json.loads(do(*client, "image", "inspect", TAG))
    config = found["Config"]
    check = config.get("Healthcheck") or found["Healthcheck"]
    assert {key: check[key] if key == "Retries" else check[key] / 1e9 for key in HEALTH} == HEALTH
    assert check["Test"] == ["CMD", "catalyst", "health"]
    assert (config["User"], config["StopSignal"]) == ("1000:1000", "SIGTERM")
    assert config["Entrypoint"] == ["catalyst-entrypoint"]
    assert config["Labels"]["org.opencontainers.image.title"] == "Catalyst"
    variables = dict(one.split("=", 1) for one in config["Env"])
    assert {name: variables[name] for name in ("PARANOID_MODE", "SECURITY_LEVEL", "SECURITY_TOKEN_VAULT_PATH")} == {
        "PARANOID_MODE": "false", "SECURITY_LEVEL": "", "SECURITY_TOKEN_VAULT_PATH": "",
    }  # fmt: skip


def _in_image(client: Sequence[str], script: str) -> str:
    return do(*client, "run", "--rm", "--user=0:0", "--entrypoint=/bin/sh", TAG, "-euc", script)


def test_nothing_in_it_raises_privileges(client: list[str]) -> None:
    assert _in_image(client, "find / -xdev -perm /6000") == ""
    # the control: the base it was made from has some, so the search can find them
    before = do(*client, "run", "--rm", "--entrypoint=/bin/sh", image.BASE, "-euc", "find / -xdev -perm /6000")
    assert "/usr/bin/su" in before.splitlines()


def test_its_code_is_roots_and_nobody_may_write_it(client: list[str]) -> None:
    loose = "find /opt '(' ! -user root -o ! -group root -o -perm /0222 ')' ! -type l"
    assert _in_image(client, loose.replace("0222", "0022")) == ""
    # Not even root's to write, but for the folder itself, and those that COPY makes
    assert set(_in_image(client, loose).split()) <= {"/opt", "/opt/catalyst", "/opt/comfyui", "/opt/venv"}
    assert _in_image(client, "stat -c '%U %a' /opt /home/comfyuser").splitlines() == ["root 755", "comfyuser 700"]
    assert _in_image(client, "find /opt -type f -newermt 1970-01-02") == ""
    assert _in_image(client, "ls /var/lib/apt/lists; for one in gcc cc git pip; do command -v $one || true; done") == ""


def test_its_history_holds_no_secret(client: list[str]) -> None:
    told = do(*client, "history", "--no-trunc", "--format", "{{.CreatedBy}}", TAG)
    assert "HEALTHCHECK" in told
    assert [word for word in ("hf_", "PRIVATE KEY", "password=", "Bearer ", "token=") if word in told] == []


def test_our_own_audit_finds_nothing_of_medium(client: list[str]) -> None:
    engine = "docker" if "docker" in client[0] else "podman"
    argv = [*COMMAND, "audit", f"--engine={engine}", "--scanner=none", "--json", "image", TAG]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENT, check=False, env=dict(os.environ))
    found = json.loads(done.stdout)
    assert [one for one in found["findings"] if one["severity"] in {"medium", "high", "critical"}] == []
    assert [one for one in found["rest"] if one["outcome"] == "unknown"] == []
    assert len(found["rest"]) > 5


@pytest.mark.parametrize(("owner", "mode"), [((0, 0), 0o755), ((1024, 1024), 0o700), ((65534, 65534), 0o755)])
def test_a_foreign_volume_is_explained(client: list[str], tmp_path: Path, owner: tuple[int, int], mode: int) -> None:
    """Of root, of another image, squashed by NFS: one message with what to do, one exit code, and no loop."""
    folder = tmp_path / "volume"
    folder.mkdir()
    os.chown(folder, *owner)
    folder.chmod(mode)
    done = subprocess.run([*client, "run", "--rm", f"--volume={folder}:/workspace", TAG], capture_output=True, text=True,
                          check=False, timeout=PATIENT)  # fmt: skip
    assert done.returncode == 4, done.stdout + done.stderr
    assert f"belongs to {owner[0]}:{owner[1]} with mode {mode:04o}" in done.stderr
    assert "hint: on the host" in done.stderr
    assert "Traceback" not in done.stderr
    assert folder.stat().st_uid == owner[0]
    assert list(folder.iterdir()) == []


def test_two_volumes_on_one_folder_are_refused(client: list[str], tmp_path: Path) -> None:
    """/data and /workspace are one place; the volume that is not seen would lose what is thought to be on it."""
    volumes = [f"--volume={tmp_path}:{name}" for name in ("/data", "/workspace")]
    done = subprocess.run([*client, "run", "--rm", *volumes, TAG], capture_output=True, text=True, check=False,
                          timeout=PATIENT)  # fmt: skip
    assert done.returncode == 4, done.stdout + done.stderr
    assert "two volumes" in done.stderr


def test_both_names_of_the_data_folder_keep_the_data(client: list[str], tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    found = ""
    for name in ("/data", "/workspace"):
        found = do(*client, "run", "--rm", f"--volume={tmp_path}:{name}", "--entrypoint=/bin/sh", TAG, "-euc",
                    f"echo {name} >>/data/kept; cat /workspace/kept")  # fmt: skip
    assert found == "/data\n/workspace"
    assert (tmp_path / "kept").read_text() == "/data\n/workspace\n"


def test_paranoid_mode_contradicts_no_default(client: list[str]) -> None:
    """The image's own variables are defaults, not the owner's words."""
    done = subprocess.run([*client, "run", "--rm", "--env=PARANOID_MODE=true", TAG], capture_output=True, text=True,
                          check=False, timeout=PATIENT)  # fmt: skip
    assert done.returncode == 6, done.stdout + done.stderr
    assert "cannot be enforced" in done.stderr or "not enforced" in done.stderr


@pytest.fixture(scope="module")
def rootless(archive: Path) -> Iterator[list[str]]:
    """The command line of a user's podman that has the image."""
    if os.geteuid() != 0:
        pytest.skip("only root makes a user for it; the podman lane of an ordinary user is rootless anyway")
    with image_runs.rootless(TAG, archive) as argv:
        yield argv


@pytest.mark.engine("podman")
def test_rootless_podman(rootless: list[str]) -> None:
    # slirp4netns wants /dev/net/tun, which a machine of CI may keep from users; loopback is there without
    with started(rootless, TAG, "--network=none") as name:
        image_runs.health_follows(rootless, name, CANARY)
    # without a network no address of the host's is reached, and so nothing can be shown to be possible
    _verify(rootless, {"host-address"}, "--network=none", *LEVEL)


@pytest.mark.engine("podman")
def test_rootless_compose_with_a_secret(rootless: list[str]) -> None:
    """podman puts its secrets below a root that it has made read-only before; so front has a place for them."""
    project = Path(f"/home/{image_runs.USER}/project")
    _project(project)
    subprocess.run([*rootless, "secret", "create", "catalyst_password", "/dev/stdin"], input="correct horse", text=True,
                   check=True, stdout=subprocess.DEVNULL, timeout=PATIENT)  # fmt: skip
    do(*rootless, "unshare", "chown", "-R", "1000:1000", str(project / "data"))
    compose = [*rootless[:-1], "env", f"--chdir={project}", f"PYTHONPATH={project}/lib", "/usr/bin/python3", "-m",
               "podman_compose"]  # fmt: skip
    asked = [*rootless, "exec", "project_front_1", "catalyst", "health"]
    try:
        do(*compose, "up", "--detach")
        wait_for(lambda: subprocess.run(asked, capture_output=True, check=False, timeout=PATIENT).returncode == 0,
                 log(rootless, "project_workload_1"), PATIENT)  # fmt: skip
        assert "the password is the one in /run/secrets/catalyst_password" in log(rootless, "project_front_1")
    finally:
        subprocess.run([*compose, "down", "--volumes", "--timeout=1"], capture_output=True, check=False, timeout=PATIENT)


def _project(folder: Path) -> None:
    """What `render compose` prints, with a secret of podman's for front, which gets no network for want of /dev/net/tun."""
    for place in PLACES:
        (folder / "data" / place).mkdir(parents=True)
    said = [*COMMAND, "render", f"--data={folder}/data", f"--image={TAG}", "--app=canary"]
    document = yaml.safe_load(do(*said, "compose"))
    front = document["services"]["front"]
    del front["ports"]
    front |= {"network_mode": "none", "secrets": ["catalyst_password"]}
    document["secrets"] = {"catalyst_password": {"external": True}}
    (folder / "compose.yaml").write_text(yaml.safe_dump(document))
    (folder / "seccomp.json").write_text(do(*said, "seccomp"))
    install(folder / "lib", "podman-compose")
    owner = folder.parent.stat()
    do("chown", "-R", f"{owner.st_uid}:{owner.st_gid}", str(folder))
