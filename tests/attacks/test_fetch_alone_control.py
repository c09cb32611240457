"""Where no engine is, an ordinary user's downloader has his uid and sees his files: it opened the way out for itself at the
control socket of its own broker, which lay beside the socket that it is told of. And it opened his files to others, or
closed them to himself: Landlock has no rule for a file's mode."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import catalyst
from support import open_to_all

UID = 65534 if os.geteuid() == 0 else os.geteuid()
ATTACK = """
import os, socket, sys
door = os.environ["CATALYST_BROKER"]
def asked(path, text):
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(20)
        one.connect(path)
        one.sendall(text)
        try: return one.recv(65536)
        except TimeoutError: return b""  # it is dialled; a refusal comes at once
names = [line.split()[-1].replace("@", chr(0), 1) for line in open("/proc/net/unix") if "egress.sock" in line]
for name in [door.replace("out/out.sock", "egress.sock"), *names]:
    try: asked(name, b'{"do": "allow", "rule": "evil.example.net"}\\n')
    except OSError: pass
refused = b" 403 " in asked(door, b"CONNECT evil.example.net:443 HTTP/1.1\\r\\nHost: evil.example.net:443\\r\\n\\r\\n")
print("REFUSED" if refused else "THROUGH", flush=True)
"""
MODES = """
import os, sys
file = sys.argv[1]
try: os.chmod(file, 0o777)
except OSError: pass
print("THROUGH" if os.stat(file).st_mode & 0o777 == 0o777 else "REFUSED", flush=True)
"""
DRIVER = """
import os, sys
from pathlib import Path
from catalyst.guard.record import replace
from catalyst.instance import alone, fetch, job, wanted
from catalyst.instance.store import Store
from catalyst.models.fetch.shelf import Shelf
from catalyst.settings import load
from catalyst.workloads import fetcher
data, script, undone = sys.argv[1:]
settings = load({"data": data}, environ={})
Store(data).prepare(settings.user)
shelf = Shelf(Path(data) / "models", settings.user)
if undone == "control":
    job.nameless = lambda _: None
if undone == "modes":
    alone.modeless = lambda _, filter: filter
secret = Path(data) / "secret"
secret.touch(0o600)
def make(_policy, python):
    words = (python.executable, "-I", "-S", "-c", script, str(secret))
    return replace(fetcher.workload(python, str(shelf.path / ".fetch")), argv=words)
confined = fetch._confined(settings, wanted.named(["hf:o/r/x.safetensors"]))
reading, _writing = os.pipe()
with job.opened(confined, alone.ALONE, make) as one:
    assert one.run(lambda line: print(line.decode(), flush=True), reading).code == 0
"""


@pytest.mark.parametrize(("script", "undone"), [(ATTACK, ""), (ATTACK, "control"), (MODES, ""), (MODES, "modes")],
                         ids=["a host", "a host, as it was before", "modes", "modes, as it was before"])  # fmt: skip
def test_it_cannot_allow_itself_a_host_nor_others_a_file(tmp_path: Path, script: str, undone: str) -> None:
    open_to_all(tmp_path)
    shutil.copytree(Path(catalyst.__file__).parent, tmp_path / "lib/catalyst", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "home").mkdir()
    os.chown(tmp_path / "home", UID, UID)
    become = ["/usr/bin/setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups"] if os.geteuid() == 0 else []
    words = ["/usr/bin/python3", "-P", "-c", DRIVER, str(tmp_path / "home/data"), script, undone]
    env = {"PYTHONPATH": str(tmp_path / "lib"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "home"),
           "XDG_RUNTIME_DIR": str(tmp_path / "home")}  # fmt: skip
    done = subprocess.run([*become, *words], env=env, capture_output=True, text=True, timeout=120, cwd="/")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["THROUGH" if undone else "REFUSED"], (done.stdout, done.stderr)
