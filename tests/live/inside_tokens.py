"""Runs in the tests' own internet: `python inside_tokens.py ENGINE FOLDER CLIENTS`. One bare container of the image, with a
vault in FOLDER/vault and a token in its environment, whose ComfyUI uses tokens and then looks for them.

Prints what each client got inside, a JSON object a line; then, as `{"from": …}`, what the same search found from outside the
guard, what the gateway's endpoints answered, and how starts ended that would not be safe. The patterns come on standard
input, as for token_search.py.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from live import inside_image, internet
from support import fake_comfyui

HERE = Path(__file__).parent
WITHIN = 300.0  # s
FIRST = """
import subprocess
while not os.path.exists("/opt/comfyui/go"):
    time.sleep(0.1)
with open("/opt/comfyui/patterns") as patterns:
    subprocess.run([sys.executable, "/opt/comfyui/token_clients.py"], stdin=patterns)
print("SEARCH DONE", flush=True)
"""


class Bare:
    """The container: `inside` runs a program in it, as `docker exec` does."""

    def __init__(self, engine: str, folder: Path, clients: Path) -> None:
        self.engine, self.folder, self.name = engine, folder, f"catalyst-tokens-{os.urandom(4).hex()}"
        home = clients.parents[1]
        token = (folder / "token").read_text()
        self.words = ["--dns", internet.NAMES, "--volume", f"{folder}/tree:/opt/comfyui:ro", "--volume", f"{home}:{home}:ro",
                      "--volume", f"{folder}/vault:/vault:ro", "--env", f"CIVITAI_API_KEY={token}"]  # fmt: skip
        self.words += ["--no-hosts"] if engine == "podman" else []  # it copies the machine's names, past the name server
        for key, value in {
            "COMFYUI_PATH": "/opt/comfyui", "CATALYST_PYTHON": str(clients), "NETWORK_MODE": "restricted",
            "CATALYST_EXTRA_ROOTS": "/opt/comfyui/ca.pem", "SECURITY_TOKEN_VAULT_PATH": "/vault/vault.age",
            "CATALYST_EGRESS_ALLOW": "echo.example.net owner.example.net",
        }.items():  # fmt: skip
            self.words += ["--env", f"{key}={value}"]

    def inside(self, *words: str, given: str = "") -> str:
        done = subprocess.run([self.engine, "exec", "--interactive", "--workdir", "/tmp", self.name, *words], input=given,
                              capture_output=True, text=True, timeout=WITHIN, check=False)  # fmt: skip
        if done.returncode:
            print(done.stderr[-2000:], file=sys.stderr)
        return done.stdout

    def pages(self) -> list[str]:
        """What each of gateway_pages.py's requests was answered, with a login and without."""
        bearer = self.inside("catalyst", "token", "new", "search").strip()
        script = (HERE / "gateway_pages.py").read_text()
        return list(json.loads(self.inside("python3", "-c", script, "8188", given=bearer)))


def wait(log: Path, word: str, running: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + WITHIN
    while word not in log.read_text() and running.poll() is None and time.monotonic() < end:
        time.sleep(0.2)


def another(bare: Bare) -> dict[str, str]:
    """The broker is killed. The bundle that the workload trusts before and after, and the numbers of its file."""
    trust = "/data/.catalyst/session/trust.pem"
    find = "for p in /proc/[0-9]*; do grep -qa 'services[.]broker' $p/cmdline && kill -9 ${p#/proc/}; done"
    before, number = bare.inside("cat", trust), bare.inside("stat", "-c", "%i", trust)
    bare.inside("sh", "-c", find)
    end = time.monotonic() + WITHIN
    while (after := bare.inside("cat", trust)) == before and time.monotonic() < end:
        time.sleep(0.2)
    return {"before": before, "after": after, "number": number, "then": bare.inside("stat", "-c", "%i", trust)}


def search(bare: Bare, patterns: str) -> None:
    """Start it, let it search, and search from beside it."""
    log = bare.folder / "log"
    with log.open("wb") as out:
        running = subprocess.Popen([bare.engine, "run", "--rm", "--name", bare.name, *bare.words, inside_image.IMAGE],
                                   stdout=out, stderr=out)  # fmt: skip
    # Such a process has the container's variables, and lives beside the workload: a health check, or the owner's shell.
    beside: subprocess.Popen[bytes] | None = None
    try:
        end = time.monotonic() + WITHIN
        while not bare.inside("cat", "/proc/1/comm") and running.poll() is None and time.monotonic() < end:
            time.sleep(0.2)
        beside = subprocess.Popen([bare.engine, "exec", bare.name, "sleep", "300"])
        (bare.folder / "tree/go").touch()
        wait(log, "SEARCH DONE", running)
        wait(log, "to log in", running)
        for line in log.read_text().splitlines():
            print(line if line.startswith("{") else json.dumps({"said": line}), flush=True)
        script = (HERE / "token_search.py").read_text()
        found = bare.inside("python3", "-c", script, given=patterns)
        print(json.dumps({"from": "beside", **json.loads(found or "{}")}), flush=True)
        print(json.dumps({"from": "the gateway", "pages": bare.pages()}), flush=True)
        print(json.dumps({"from": "a second broker", **another(bare)}), flush=True)
    finally:
        subprocess.run([bare.engine, "rm", "--force", "--volumes", bare.name], capture_output=True, check=False)
        running.wait()
        if beside is not None:
            beside.kill()
            beside.wait()


# In which the workload could read a token, or open the vault to others: options beside an image and its command.
NO_LANDLOCK = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["landlock_create_ruleset"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}  # fmt: skip


def unsafe(folder: Path) -> dict[str, list[str]]:
    (folder / "none.json").write_text(json.dumps(NO_LANDLOCK))
    token, vault = f"--env=HF_TOKEN={(folder / 'token').read_text()}", "--env=SECURITY_TOKEN_VAULT_PATH=/vault/vault.age"
    bare = f"--security-opt=seccomp={folder}/none.json"
    return {
        "a token without Landlock": [bare, token],
        "a token without Landlock, isolated": [bare, token, "--env=NETWORK_MODE=isolated"],
        "a vault without Landlock": [bare, vault, f"--volume={folder}/vault:/vault:ro"],
        "a vault that can be written": [vault, f"--volume={folder}/vault:/vault"],
        "a vault in no mount of its own": [
            "--env=SECURITY_TOKEN_VAULT_PATH=/srv/vault.age", f"--volume={folder}/vault/vault.age:/srv/vault.age:ro",
        ],
    }  # fmt: skip


def refuse(engine: str, folder: Path) -> None:
    """How each of them ended."""
    for what, options in unsafe(folder).items():
        done = subprocess.run([engine, "run", "--rm", *options, "--env", "CATALYST_APP=canary", inside_image.IMAGE],
                              capture_output=True, text=True, timeout=WITHIN, check=False)  # fmt: skip
        print(json.dumps({"from": what, "code": done.returncode, "said": done.stdout + done.stderr}), flush=True)


def main(engine: str, folder: Path, clients: Path) -> None:
    patterns = sys.stdin.read()
    folder.chmod(0o755)
    fake_comfyui(folder / "tree", FIRST)
    for name, source in (("token_clients.py", HERE), ("token_search.py", HERE), ("ca.pem", folder)):
        (folder / "tree" / name).write_text((source / name).read_text())
    (folder / "tree/patterns").write_text(patterns)
    with inside_image.ready(engine) as variables:
        os.environ.update(variables)
        refuse(engine, folder)
        search(Bare(engine, folder, clients), patterns)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
