"""The pod of `catalyst render kubernetes`, played by podman: init container, containers and one network for all. What podman
4.3 has no notion of is put in its place: a folder of a claim is a claim, a claim is given to the group as fsGroup has it,
and restarting is left out, since it would restart the init container too."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from support import COMMAND, own_environment

GROUP = 10001
KEPT = {"io.podman.annotations.init.container.type": "always"}  # and so its log is, too


class Played:
    """By the names of its containers."""

    def __init__(self, name: str) -> None:
        self.name = name

    def log(self, container: str) -> str:
        done = subprocess.run(["podman", "logs", f"{self.name}-{container}"], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def run(self, container: str, *argv: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(["podman", "exec", f"{self.name}-{container}", *argv], capture_output=True, text=True,
                              check=False, timeout=60)  # fmt: skip


def rendered(*words: str, **env: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The ConfigMap in a list of its own, and the spec of the pod with its claims as volumes, named after the claim and the
    folder in it."""
    made = subprocess.run([*COMMAND, "render", "kubernetes", f"--user={GROUP}:{GROUP}", *words], text=True, check=False,
                          env={**own_environment(), **env}, capture_output=True)  # fmt: skip
    assert made.returncode == 0, made.stderr
    objects = {one["kind"]: one for one in yaml.safe_load_all(made.stdout)}
    whole = objects["StatefulSet"]["spec"]
    spec: dict[str, Any] = whole["template"]["spec"]
    claims = {one["metadata"]["name"] for one in whole["volumeClaimTemplates"]}
    folders = {}
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        container["command"] = ["catalyst-entrypoint"]  # the tests' image has it as a command
        del container["imagePullPolicy"]
        container["securityContext"].pop("seccompProfile", None)  # a file of the node's
        for mount in container["volumeMounts"]:
            if mount["name"] in claims and "subPath" in mount:
                folders[mount["name"], mount["subPath"]] = mount["mountPath"]
                mount["name"] += f"-{mount.pop('subPath')}"
    _whole_claims(spec, folders)
    claims |= {f"{claim}-{folder}" for claim, folder in folders}
    spec["volumes"] += [{"name": one, "persistentVolumeClaim": {"claimName": one}} for one in claims]
    spec["restartPolicy"] = "Never"
    return [objects["ConfigMap"]], spec


def _whole_claims(spec: dict[str, Any], folders: dict[tuple[str, str], str]) -> None:
    """Who mounts a claim whole sees its folders too."""
    for container in spec["containers"]:
        seen = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        container["volumeMounts"] += [{"name": f"{claim}-{folder}", "mountPath": f"{seen[claim]}/{folder}"}
                                      for claim, folder in folders if claim in seen]  # fmt: skip


@contextmanager
def played(objects: list[dict[str, Any]], spec: dict[str, Any], folder: Path) -> Iterator[Played]:
    """Up, with claims of its own, and everything gone at the end."""
    name = f"catalyst-pod-{os.urandom(3).hex()}"
    claims = []
    for one in spec["volumes"]:
        if claim := one.get("persistentVolumeClaim"):
            claim["claimName"] = f"{name}-{one['name']}"
            claims.append(claim["claimName"])
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "annotations": KEPT}, "spec": spec}
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump_all([*objects, pod]))
    try:
        for claim in claims:
            _of_the_group(claim)
        done = subprocess.run(["podman", "play", "kube", str(file)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        yield Played(name)
    finally:
        subprocess.run(["podman", "play", "kube", "--down", str(file)], capture_output=True, check=False)
        subprocess.run(["podman", "volume", "rm", "--force", *claims], capture_output=True, check=False)


def _of_the_group(claim: str) -> None:
    """As the kubelet leaves it for fsGroup: root's, the group's to write, and so is what is made below."""
    subprocess.run(["podman", "volume", "create", claim], capture_output=True, check=True)
    (found,) = json.loads(subprocess.run(["podman", "volume", "inspect", claim], capture_output=True, check=True).stdout)
    os.chown(found["Mountpoint"], 0, GROUP)
    Path(found["Mountpoint"]).chmod(0o2775)


def until(asked: Callable[[], bool], within: float) -> None:
    """Or the time is over, which whoever looks then sees for himself."""
    end = time.monotonic() + within
    while not asked() and time.monotonic() < end:
        time.sleep(0.2)
