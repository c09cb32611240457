"""Runs in the tests' own internet: `python two_tokens.py ENGINE FOLDER CLIENTS`. Two containers as `render compose` writes
them: a vault in FOLDER/vault and a token in the environment of front, a ComfyUI that uses tokens and then looks for them,
and in the workload's own environment another token, which is misplaced.

Prints what each client got inside, a JSON object a line; then, as `{"from": …}`, what the same search found in each of the
containers beside what runs there, and what the gateway answered. The patterns come on standard input, as for
token_search.py: the token, what opens the vault, and the misplaced one.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from live import inside_image, internet
from live.test_two_containers import Composed, composed
from support import fake_comfyui

HERE = Path(__file__).parent
WITHIN = 300.0  # s
TRUST = "/run/catalyst/out/trust.pem"
# The search has something to find: what is planted, by a process that has ended by then, is the misplaced token.
FIRST = """
import subprocess
PLANT = "import sys; open('/tmp/planted', 'wb').write(bytes.fromhex(sys.argv[1][::-1]))"
def search():
    while not os.path.exists("/opt/comfyui/go"):
        time.sleep(0.1)
    wanted = open("/opt/comfyui/patterns").read()
    subprocess.run([sys.executable, "-c", PLANT, wanted.split()[-1]])
    subprocess.run([sys.executable, "/opt/comfyui/token_clients.py"], input=wanted, text=True)
    print("SEARCH DONE", flush=True)
threading.Thread(target=search).start()
"""


def tree(folder: Path, patterns: str) -> Path:
    """A checkout with the programs that look, and what is to be looked for."""
    made = folder / "tree"
    fake_comfyui(made, FIRST)
    for name in ("token_clients.py", "token_search.py"):
        shutil.copy(HERE / name, made)
    (made / "patterns").write_text(patterns)
    return made


def changed(document: dict[str, Any], token: str, misplaced: str) -> None:
    """What an owner adds to the rendered file; and names from the name server of the tests' internet."""
    front, workload = document["services"]["front"], document["services"]["workload"]
    front["dns"] = [internet.NAMES]
    front["environment"]["CIVITAI_API_KEY"] = token
    workload["environment"]["HF_TOKEN"] = misplaced


def beside(project: Composed, service: str, *words: str, given: str = "") -> str:
    """What a program prints that `exec` starts in a container."""
    argv = [project.engine, "exec", "--interactive", "--workdir", "/tmp", project.container(service), *words]
    done = subprocess.run(argv, input=given, capture_output=True, text=True, timeout=WITHIN, check=False)
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
    return done.stdout


def another(project: Composed) -> dict[str, str]:
    """The broker is killed: the bundle that the workload trusts before and after, and the numbers of its file."""
    find = "for p in /proc/[0-9]*; do grep -qa 'services[.]broker' $p/cmdline && kill -9 ${p#/proc/}; done"
    before, number = beside(project, "workload", "cat", TRUST), beside(project, "workload", "stat", "-c", "%i", TRUST)
    beside(project, "front", "sh", "-c", find)
    end = time.monotonic() + WITHIN
    while (after := beside(project, "workload", "cat", TRUST)) in {before, ""} and time.monotonic() < end:
        time.sleep(0.2)
    return {"before": before, "after": after, "number": number,
            "then": beside(project, "workload", "stat", "-c", "%i", TRUST)}  # fmt: skip


def say(what: str, **found: object) -> None:
    print(json.dumps({"from": what, **found}), flush=True)


def search(project: Composed, folder: Path, patterns: str) -> None:
    """Let the workload search, and search from beside it and in front."""
    (folder / "tree/go").touch()
    end = time.monotonic() + WITHIN
    while "SEARCH DONE" not in (log := project.log("workload")) and time.monotonic() < end:
        time.sleep(0.5)
    for line in log.splitlines():
        print(line if line.startswith("{") else json.dumps({"said": line}), flush=True)
    # Such a process has the container's variables, and lives beside what runs there: a health check, or the owner's shell.
    shells = [subprocess.Popen([project.engine, "exec", project.container(one), "sleep", "300"])
              for one in ("front", "workload")]  # fmt: skip
    try:
        script = (HERE / "token_search.py").read_text()
        of_front = " ".join(patterns.split()[:2])
        for what, one, wanted in (("front", "front", patterns), ("the workload", "workload", patterns),
                                  ("the workload, what is front's", "workload", of_front)):  # fmt: skip
            say(f"beside {what}", **json.loads(beside(project, one, "python3", "-c", script, given=wanted) or "{}"))
    finally:
        for shell in shells:
            shell.kill()
            shell.wait()
    bearer = beside(project, "front", "catalyst", "token", "new", "search").strip()
    pages = beside(project, "front", "python3", "-c", (HERE / "gateway_pages.py").read_text(), "8188", given=bearer)
    say("the gateway", pages=json.loads(pages))
    say("a second broker", **another(project))
    say("the mounts", written=beside(project, "workload", "sh", "-c", "echo x 2>&1 >> /run/catalyst/out/trust.pem"),
        secrets=beside(project, "workload", "ls", "-A", "/run"))  # fmt: skip
    say("front", log=project.log("front"))


def main(engine: str, folder: Path, clients: Path) -> None:
    patterns = sys.stdin.read()
    token, _, misplaced = (bytes.fromhex(one[::-1]).decode() for one in patterns.split())
    folder.chmod(0o755)
    words = (f"--comfyui={tree(folder, patterns)}", f"--python={clients}", f"--extra-roots={folder}/ca.pem",
             "--egress-allow=echo.example.net owner.example.net")  # fmt: skip
    env = {"NETWORK_MODE": "restricted", "SECURITY_TOKEN_VAULT_PATH": f"{folder}/vault/vault.age"}
    with inside_image.ready(engine) as variables:
        os.environ.update(variables)
        with composed(engine, folder / "two", *words, change=lambda one: changed(one, token, misplaced), **env) as project:
            search(project, folder, patterns)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
