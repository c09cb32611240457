"""Runs in the tests' own internet: `python inside_fetch.py ENGINE FOLDER`. Models at the start of a bare container, with
tokens in its variables, and of two containers as `render compose` writes them, whose third has the tokens; FOLDER/token is
their value.

With podman, of the pod of `render kubernetes` too. Prints a JSON object a line, `from` saying of which: what was said, what
the sites were asked, and, of the bare one, what its workload saw; then what was asked when it started again.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from live import inside_image, internet, pods
from live.test_two_containers import Composed, composed
from support import fake_comfyui

WITHIN = 300.0  # s
# All of it has to be gone: the downloader, its broker's sockets, and what that reached.
FIRST = """
import glob, json
def words(pid):
    try: return open(f"{pid}/cmdline", "rb").read().replace(b"\\0", b" ").decode()
    except OSError: return ""
def reached(host):
    try: socket.create_connection((host, 443), timeout=20).close(); return True
    except OSError: return False
seen = {"processes": [one for one in map(words, glob.glob("/proc/[0-9]*")) if "fetcher" in one],
        "sockets": [line for line in open("/proc/net/unix") if "fetch" in line],
        "reached": reached("93.184.216.10"), "models": sorted(glob.glob("/data/models/*/*"))}
print("WORKLOAD " + json.dumps(seen), flush=True)
"""
WANTED = {"HF_REPOS_TO_DOWNLOAD": "owner/closed", "CIVITAI_LORAS_TO_DOWNLOAD": "21, 13, 99",
          "CIVITAI_CHECKPOINTS_TO_DOWNLOAD": "11", "NETWORK_MODE": "isolated", "SECURITY_LEVEL": "high"}  # fmt: skip


def seen(folder: Path) -> list[str]:
    """What the sites were asked by now."""
    return (folder / "seen").read_text().splitlines() if (folder / "seen").exists() else []


def say(what: str, **found: object) -> None:
    print(json.dumps({"from": what, **found}), flush=True)


def answers(engine: str, name: str) -> None:
    """Wait until its ComfyUI does, or it has ended."""
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        done = subprocess.run([engine, "exec", name, "catalyst", "health"], capture_output=True, check=False)
        if done.returncode == 0:
            return
        state = subprocess.run([engine, "inspect", "--format", "{{.State.Running}}", name], capture_output=True, text=True)
        if state.stdout.strip() != "true":
            return
        time.sleep(0.2)


def log(engine: str, name: str) -> str:
    done = subprocess.run([engine, "logs", name], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def one(engine: str, folder: Path, token: str) -> None:
    """A bare container, started twice."""
    name = f"catalyst-fetch-{os.urandom(4).hex()}"
    fake_comfyui(folder / "tree", FIRST)
    (folder / "tree/ca.pem").write_text((folder / "ca.pem").read_text())
    (folder / "one").mkdir()
    os.chown(folder / "one", 1000, 1000)
    words = ["--dns", internet.NAMES, "--volume", f"{folder}/tree:/opt/comfyui:ro", "--volume", f"{folder}/one:/data"]
    words += ["--no-hosts"] if engine == "podman" else []  # it copies the machine's names, past the name server
    for key, value in {**WANTED, "COMFYUI_PATH": "/opt/comfyui", "CATALYST_EXTRA_ROOTS": "/opt/comfyui/ca.pem",
                       "HF_TOKEN": token, "CIVITAI_API_KEY": token}.items():  # fmt: skip
        words += ["--env", f"{key}={value}"]
    subprocess.run([engine, "run", "--detach", "--name", name, *words, inside_image.IMAGE], check=True, stdout=sys.stderr)
    try:
        answers(engine, name)
        first = seen(folder)
        left = sorted(path.name for path in (folder / "one/.catalyst").iterdir())
        say("one", log=log(engine, name), seen=first, left=left)
        subprocess.run([engine, "restart", name], check=True, stdout=sys.stderr)
        answers(engine, name)
        say("one again", seen=seen(folder)[len(first):], log=log(engine, name))
    finally:
        subprocess.run([engine, "rm", "--force", "--volumes", name], capture_output=True, check=False)


def changed(document: dict[str, Any], token: str) -> None:
    """What an owner adds to the rendered file; and names from the name server of the tests' internet."""
    fetch = document["services"]["fetch"]
    fetch["dns"] = [internet.NAMES]
    fetch["environment"] |= {"HF_TOKEN": token, "CIVITAI_API_KEY": token}


def two(engine: str, folder: Path, token: str) -> None:
    """The third of two, and once more."""
    words = ("--app=canary", f"--extra-roots={folder}/ca.pem")
    with composed(engine, folder / "two", *words, change=lambda one: changed(one, token), **WANTED) as project:
        code = _code(project)  # podman starts what a container requires, and so this one once more with the workload
        first = seen(folder)
        say("two", log=project.log("fetch"), code=code, data=f"{project.folder}/data",
            others=project.log("front") + project.log("workload"),
            models=project.run("workload", "find", "/data/models", "-type", "f").stdout)  # fmt: skip
        again = subprocess.run([engine, "start", "--attach", project.container("fetch")], capture_output=True, text=True)
        say("two again", seen=seen(folder)[len(first):], code=again.returncode, log=again.stdout + again.stderr)


def pod(folder: Path, token: str) -> None:
    """Its init container."""
    objects, spec = pods.rendered("--app=canary", f"--image=localhost/{inside_image.IMAGE}", "--extra-roots=/ca.pem",
                                  **{**WANTED, "NETWORK_MODE": "restricted"})  # fmt: skip
    (fetch,), (front, workload) = spec["initContainers"], spec["containers"]
    fetch["env"] += [{"name": key, "value": token} for key in ("HF_TOKEN", "CIVITAI_API_KEY")]
    front["env"] += [{"name": "KUBERNETES_SERVICE_HOST", "value": "10.0.0.1"}]  # as the kubelet tells every container
    spec["volumes"].append({"name": "roots", "hostPath": {"path": f"{folder}/ca.pem", "type": "File"}})
    for container in (fetch, front, workload):
        container["volumeMounts"].append({"name": "roots", "mountPath": "/ca.pem", "readOnly": True})
    spec["dnsPolicy"], spec["dnsConfig"] = "None", {"nameservers": [internet.NAMES]}
    before = len(seen(folder))
    with pods.played(objects, spec, folder) as played:
        pods.until(lambda: "to log in" in played.log("front"), WITHIN)
        say("pod", log=played.log("fetch"), front=played.log("front"), workload=played.log("workload"), name=played.name,
            healthy=played.run("workload", "catalyst", "health").stdout, seen=seen(folder)[before:],
            models=played.run("workload", "find", "/data/models", "-type", "f").stdout,
            data=played.run("workload", "ls", "-A", "/data").stdout.split(),
            kept=played.run("front", "ls", "-A", "/data").stdout.split())  # fmt: skip


def _code(project: Composed) -> int:
    """Once it has ended."""
    asked = [project.engine, "inspect", "--format", "{{.State.Running}} {{.State.ExitCode}}", project.container("fetch")]
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        running, _, code = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip().partition(" ")
        if running == "false":
            return int(code)
        time.sleep(0.2)
    return -1


def main(engine: str, folder: Path) -> None:
    folder.chmod(0o755)
    token = (folder / "token").read_text()
    with inside_image.ready(engine) as variables:
        os.environ.update(variables)
        one(engine, folder, token)
        two(engine, folder, token)
        if engine == "podman":
            pod(folder, token)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
