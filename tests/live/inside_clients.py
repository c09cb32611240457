"""Runs in the tests' own internet: `python inside_clients.py ENGINE FOLDER CLIENTS`. Bare containers of the image, in each
network mode, with a ComfyUI whose program asks around; prints what each client got, a JSON object a line.

The engine is started in there, so that its bridge leads nowhere else.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from live import inside_image, internet
from support import fake_comfyui

IMPATIENT = ("urllib", "requests", "httpx", "aiohttp", "curl", "git", "pip")
EVIL, HUB, ADDRESS = "https://evil.example.net/x", "https://huggingface.co/x", "http://93.184.216.10/x"
ASKED: dict[str, dict[str, tuple[str, ...]]] = {  # mode -> URL -> which clients, all where it is empty
    "public": {EVIL: (), "http://169.254.169.254/x": IMPATIENT},
    "restricted": {HUB: (), EVIL: IMPATIENT, ADDRESS: IMPATIENT},
    "isolated": {HUB: IMPATIENT},
}
WITHIN = 300.0  # s
FIRST = """
import json, subprocess
for mode_url, names in json.loads({asked!r}).items():
    print("ASKS " + mode_url, flush=True)
    words = [sys.executable, "/opt/comfyui/clients.py", "/opt/comfyui/ca.pem", mode_url, "/tmp", *names]
    subprocess.run(words, stdin=subprocess.DEVNULL)
print("ASKS DONE", flush=True)
"""


def ask(engine: str, folder: Path, clients: Path, mode: str) -> None:
    """All that ASKED says of a mode."""
    tree = folder / f"tree-{mode}"
    fake_comfyui(tree, FIRST.format(asked=json.dumps(ASKED[mode])))
    for name, source in (("clients.py", Path(__file__).with_name("clients.py")), ("ca.pem", folder / "ca.pem")):
        (tree / name).write_text(source.read_text())
    name, home = f"catalyst-clients-{os.urandom(4).hex()}", clients.parents[1]
    words = ["--dns", internet.NAMES, "--volume", f"{tree}:/opt/comfyui:ro", "--volume", f"{home}:{home}:ro"]
    words += ["--env", "COMFYUI_PATH=/opt/comfyui", "--env", f"CATALYST_PYTHON={clients}", "--env", f"NETWORK_MODE={mode}"]
    words += ["--no-hosts"] if engine == "podman" else []  # it copies the machine's names, past the name server
    log = folder / f"log-{mode}"
    with log.open("wb") as out:
        running = subprocess.Popen([engine, "run", "--rm", "--name", name, *words, "--env", "SECURITY_LEVEL=high",
                                    inside_image.IMAGE], stdout=out, stderr=out)  # fmt: skip
    try:
        end = time.monotonic() + WITHIN
        while "ASKS DONE" not in log.read_text() and running.poll() is None and time.monotonic() < end:
            time.sleep(0.2)
    finally:
        subprocess.run([engine, "rm", "--force", "--volumes", name], capture_output=True, check=False)
        running.wait()
    tell(mode, log.read_text())


def tell(mode: str, log: str) -> None:
    """The clients' lines, each with what was asked."""
    url = ""
    for line in log.splitlines():
        if line.startswith("ASKS "):
            url = line.removeprefix("ASKS ")
        elif line.startswith("{") and url:
            print(json.dumps({"mode": mode, "url": url, **json.loads(line)}), flush=True)
    if url != "DONE":
        print(log, file=sys.stderr)


if __name__ == "__main__":
    Path(sys.argv[2]).chmod(0o755)
    with inside_image.ready(sys.argv[1]) as variables:
        os.environ.update(variables)
        for one in ASKED:
            ask(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), one)
