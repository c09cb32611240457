"""`catalyst audit container` against real engines: one weakness each is found by the check that is named after it, and
nothing
else is; a container without one is clean."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from catalyst.engine.engine import children
from catalyst.instance.store import Store
from catalyst.workloads.model import DATA
from lanes import IMAGE
from support import COMMAND, Catalyst, own_environment

CLEAN = {
    "user": "--user=1000:1000", "drop": "--cap-drop=ALL", "nnp": "--security-opt=no-new-privileges",
         "root": "--read-only",
    "network": "--network=none", "memory": "--memory=128m", "cpus": "--cpus=1", "pids": "--pids-limit=64",
    "health": "--health-cmd=true",
}  # fmt: skip
# name: options that replace those of the clean one, and the checks that must say so. "" takes one away.
WEAK: dict[str, tuple[dict[str, str], set[str]]] = {
    "privileged": ({"x": "--privileged"}, {
        "container-privileged", "container-dangerous-capabilities", "container-capabilities-dropped", "container-seccomp",
        "container-apparmor", "container-devices", "container-masked-paths"}),
    **{f"capability {name}": ({"x": f"--cap-add={name}"}, {"container-dangerous-capabilities"})
       for name in ("SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "DAC_READ_SEARCH", "NET_ADMIN", "NET_RAW")},
    "capabilities kept": ({"drop": ""}, {"container-capabilities-dropped"}),
    "one capability dropped": ({"drop": "--cap-drop=NET_RAW"}, {"container-capabilities-dropped"}),
    "host network": ({"network": "--network=host"}, {"container-host-network"}),
    "default bridge": ({"network": ""}, {"container-default-bridge"}),
    "host processes": ({"x": "--pid=host"}, {"container-host-processes"}),
    "host IPC": ({"x": "--ipc=host"}, {"container-host-ipc"}),
    "host name": ({"x": "--uts=host"}, {"container-host-name"}),
    "host users": ({"x": "--userns=host"}, {"container-host-users"}),
    "engine socket": ({"x": "--volume=SOCKET:/var/run/docker.sock"},
                      {"container-engine-socket"}),
    "engine socket, read-only and renamed": ({"x": "--volume=RENAMED:/srv/api:ro"}, {"container-engine-socket"}),
    "root of the host": ({"x": "--volume=/:/host:ro"}, {"container-sensitive-mount", "container-engine-socket"}),
    "etc through a link": ({"x": "--volume=LINK:/x:ro"}, {"container-sensitive-mount"}),
    "root's home": ({"x": "--volume=/root:/x:ro"}, {"container-sensitive-mount"}),
    "another user's keys": ({"x": "--volume=KEYS:/x:ro"}, {"container-sensitive-mount"}),
    "proc": ({"x": "--volume=/proc:/host/proc:ro"}, {"container-sensitive-mount"}),
    "no filter": ({"x": "--security-opt=seccomp=unconfined"}, {"container-seccomp"}),
    "privileges by exec": ({"nnp": ""}, {"container-no-new-privileges"}),
    "writable root": ({"root": ""}, {"container-read-only"}),
    "uid 0": ({"user": "--user=0"}, {"container-user"}),
    "root by name": ({"user": "--user=root:1000"}, {"container-user"}),
    "uid 0 of many digits": ({"user": "--user=00:0"}, {"container-user"}),
    "a disk": ({"x": "--device=/dev/full:/dev/sda"}, {"container-devices"}),
    "every device": ({"x": "--device-cgroup-rule=a *:* rwm"}, {"container-devices"}),
    "no memory limit": ({"memory": ""}, {"container-memory"}),
    "no process limit": ({"pids": "--pids-limit=-1"}, {"container-processes"}),
    "shared mount": ({"x": "--volume=FOLDER:/x:shared"}, {"container-mount-propagation"}),
    "secret": ({"x": "--env=HF_TOKEN=hf_abcdefghijklmnopqrstuvwxyzABCDEF"}, {"container-secret-environment"}),
    "preload": ({"x": "--env=LD_PRELOAD=/x.so"}, {"container-loader-environment"}),
    "open port": ({"network": "--network=NETWORK", "x": "--publish=8000:8000"}, {"container-published-port"}),
    "open ComfyUI": ({"network": "--network=NETWORK", "x": "--publish=8188:8188"},
                     {"container-published-port", "comfyui-exposed"}),
    "restarted for ever": ({"x": "--restart=always"}, {"container-restart"}),
    "health check off": ({"health": "--no-healthcheck"}, {"container-health"}),
}  # fmt: skip
ONLY_DOCKER: dict[str, tuple[dict[str, str], set[str]]] = {
    "capability ALL": ({"x": "--cap-add=ALL"}, {"container-dangerous-capabilities"}),
    "kernel files shown": ({"x": "--security-opt=systempaths=unconfined"}, {"container-masked-paths"}),
}
FINE: dict[str, dict[str, str]] = {
    "the clean one": {},
    "a network of its own": {"network": "--network=NETWORK"},
    "a port of this machine": {"network": "--network=NETWORK", "x": "--publish=127.0.0.1:8188:8188"},
    "memory for scratch": {"x": "--tmpfs=/tmp:noexec,nosuid,size=16m"},
    "a folder, read-only": {"x": "--volume=FOLDER:/models:ro"},
    "a folder to write": {"x": "--volume=FOLDER:/output"},
    "a profile of its own": {"x": "--security-opt=seccomp=PROFILE"},
    "restarted three times": {"x": "--restart=on-failure:3"},
    "settings": {"x": "--env=SECURITY_LEVEL=high"},
    "a low port": {"x": "--cap-add=NET_BIND_SERVICE"},
    "time of the host": {"x": "--volume=/etc/localtime:/etc/localtime:ro"},
}
containers = pytest.mark.parametrize("engine", ["docker", "podman"], indirect=True)


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What options name: a folder, a link, keys, a socket that something listens on, a profile."""
    folder = tmp_path_factory.mktemp("audit")
    (folder / "data").mkdir()
    (folder / "link").symlink_to("/etc")
    (folder / "home/.ssh").mkdir(parents=True)
    (folder / "seccomp.json").write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW"}))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "api"))
        listener.listen()
        yield {"FOLDER": str(folder / "data"), "LINK": str(folder / "link"), "KEYS": str(folder / "home/.ssh"),
               "RENAMED": str(folder / "api"), "PROFILE": str(folder / "seccomp.json"),
               "NETWORK": "catalyst-audit"}  # fmt: skip


@contextmanager
def made(engine: str, changes: dict[str, str], things: dict[str, str], *, start: bool = False) -> Iterator[str]:
    """A container with these options."""
    client = [engine]
    subprocess.run([*client, "network", "create", "catalyst-audit"], capture_output=True, check=False)
    host = os.environ.get("DOCKER_HOST", "").removeprefix("unix://") if engine == "docker" else ""
    options = [word for word in {**CLEAN, **changes}.values() if word]
    for name, value in {**things, "SOCKET": host if host.endswith("docker.sock") else things["RENAMED"]}.items():
        options = [word.replace(f"={name}", f"={value}") for word in options]
    name = f"catalyst-audit-{os.urandom(4).hex()}"
    argv = [*client, *(["run", "--detach"] if start else ["create"]), f"--name={name}", *options, IMAGE, "sleep", "600"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    try:
        yield name
    finally:
        subprocess.run([*client, "rm", "--force", "--time=0", name] if engine == "podman"
                       else [*client, "rm", "--force", name], capture_output=True, check=False)  # fmt: skip


def audited(engine: str, name: str) -> dict[str, Any]:
    done = subprocess.run([*COMMAND, "audit", f"--engine={engine}", "--json", "container", name],
                          env={**own_environment()}, capture_output=True, text=True, timeout=120)  # fmt: skip
    assert done.stdout.startswith("{"), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@containers
@pytest.mark.parametrize("name", [*WEAK, *ONLY_DOCKER])
def test_a_weakness_is_found_and_nothing_else(engine: str, name: str, things: dict[str, str]) -> None:
    if engine == "podman" and name in ONLY_DOCKER:
        pytest.skip("podman refuses the one beside --cap-drop=ALL, and has another word for the other")
    changes, wanted = {**WEAK, **ONLY_DOCKER}[name]
    with made(engine, changes, things) as container:
        found = audited(engine, container)
    said = {one["id"] for one in found["findings"]}
    assert said - {"container-apparmor"} == wanted - {"container-apparmor"}, found["findings"]
    assert 11 <= found["exit_code"] <= 14


@containers
@pytest.mark.parametrize("name", FINE)
def test_a_clean_one_is_clean(engine: str, name: str, things: dict[str, str]) -> None:
    with made(engine, FINE[name], things) as container:
        found = audited(engine, container)
    assert found["findings"] == []
    assert [one for one in found["rest"] if one["outcome"] == "unknown"] == []


@containers
def test_a_running_one_is_looked_into(engine: str, things: dict[str, str]) -> None:
    with made(engine, {}, things, start=True) as container:
        found = audited(engine, container)
    assert found["findings"] == []
    assert found["counts"]["not_done"] == 0
    assert found["exit_code"] == 0


@containers
def test_an_image(engine: str, tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, "audit", f"--engine={engine}", "--scanner=none", "--json", "image", IMAGE],
                          env=own_environment(), capture_output=True, text=True, timeout=300)  # fmt: skip
    found = json.loads(done.stdout)
    assert {one["id"] for one in found["findings"]} == {"image-health"}, found["findings"]
    assert any("vulnerabilities" in one for subject in found["subjects"] for one in subject["not_done"])


def audited_instance(catalyst: Catalyst) -> tuple[int, dict[str, Any]]:
    done = subprocess.run([*COMMAND, "audit", f"--data={catalyst.data}", "--json", "instance"],
                          env=catalyst.env(SECURITY_LEVEL="high", NETWORK_MODE="isolated"), capture_output=True,
                          text=True,
                          timeout=120)  # fmt: skip
    assert done.stdout.startswith("{"), done.stderr
    return done.returncode, json.loads(done.stdout)


def others(engine: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Findings but for the one that says that an old engine covers less."""
    left = [one for one in found["findings"] if one["id"] != "instance-open-files"]
    assert engine != "bwrap" or left == found["findings"]
    return left


def test_an_instance_is_as_its_policy_says_and_drift_is_seen(catalyst: Catalyst) -> None:
    with catalyst.up("--security-level=high", "--network-mode=isolated"):
        code, found = audited_instance(catalyst)
        assert others(catalyst.engine, found) == []
        outcomes = {one["id"]: one["outcome"] for one in found["rest"]}
        assert outcomes | {"instance-policy": "held", "instance-seen": "unknown"} == outcomes
        assert code == (11 if found["findings"] else 3)  # nothing has attacked it yet
        record = Store(str(catalyst.data)).read()
        assert record is not None
        work = max(children(record.first))
        inside = ["nsenter", f"--target={work}", "--mount"]
        subprocess.run([*inside, "mount", "-t", "tmpfs", "none", f"{DATA}/models"], check=True)
        code, found = audited_instance(catalyst)
        assert code == 14
        (drift,) = others(catalyst.engine, found)
        assert drift["id"] == "instance-policy"
        assert "/data/models: the policy says read-only, and it is writable" in drift["evidence"]


def test_what_verify_showed_counts_for_the_settings_it_was_made_with(catalyst: Catalyst) -> None:
    settings = ("--security-level=high", "--network-mode=isolated")
    with catalyst.up(*settings):
        done = catalyst("verify", *settings)
        assert done.returncode == 0, done.stdout
        code, found = audited_instance(catalyst)
    assert (others(catalyst.engine, found), found["counts"]["unknown"]) == ([], 0)
    assert code == (11 if found["findings"] else 0)
