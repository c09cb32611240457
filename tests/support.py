"""What live and attack tests share: the real command, and looking at processes from the host."""

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import catalyst as package
from catalyst.instance.store import Store

UNVERIFIED = ssl._create_unverified_context()  # the certificate is not what these tests are about
COMMAND = [sys.executable, "-P", "-m", "catalyst"]
PATIENCE = 60.0


def open_to_all(folder: Path) -> None:
    """Let every user pass through pytest's own folders, which are closed, down to `folder`."""
    named = [number for number, one in enumerate(folder.parents) if one.name.startswith("pytest")]
    for one in (folder, *folder.parents[: max(named, default=-1) + 1]):  # and no farther: /tmp has a mode of its own
        one.chmod(0o755)


def install(folder: Path, *more: str) -> None:
    """Catalyst and the packages it needs, and `more`, in `folder`, for a user who may not read ours."""
    wanted, done = ["aiohttp", "argon2-cffi", "uvloop", *more], set()
    while wanted:
        name = wanted.pop()
        if name in done:
            continue
        done.add(name)
        found = metadata.distribution(name)
        needed = [one for one in found.requires or () if "extra ==" not in one]
        wanted += [words[0] for one in needed if (words := re.findall(r"^[A-Za-z0-9._-]+", one)) and _installed(words[0])]
        for file in found.files or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), folder / file)
    shutil.copytree(Path(package.__file__).parent, folder / "catalyst")
    subprocess.run(["/usr/bin/python3", "-m", "compileall", "-q", str(folder)], check=True)


def _installed(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:  # only for older Pythons
        return False


def forget(data: Path) -> None:
    """Remove what root keeps of an instance below /run and /var/lib, its log above all."""
    for folder in (Store(str(data)).folder, Store(str(data)).kept):
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Poll until `condition` holds; AssertionError names `what` otherwise."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"waited {patience:g} s in vain for: {what}"
        time.sleep(0.05)


def own_environment() -> dict[str, str]:
    """This process's environment without any setting of Catalyst's."""
    names = {"PARANOID_MODE", "SECURITY_LEVEL", "NETWORK_MODE", "ENABLE_FORENSIC_CLEANUP",
             "SECURITY_TOKEN_VAULT_PATH", "COMFYUI_PATH", "COMFYUI_FLAGS"}  # fmt: skip
    return {key: value for key, value in os.environ.items()
            if key not in names and not key.startswith("CATALYST_")}  # fmt: skip


@dataclass
class Catalyst:
    """The command `catalyst` with one engine and one data directory."""

    engine: str
    data: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=lambda: list(COMMAND))

    def argv(self, name: str, *words: str) -> list[str]:
        engine = [f"--engine={self.engine}"] if name in {"up", "run", "render", "doctor", "verify"} else []
        act, words = (words[:1], words[1:]) if name == "token" else ((), words)
        return [*self.command, name, *act, *engine, f"--data={self.data}", *words]

    def env(self, **more: str) -> dict[str, str]:
        return {**own_environment(), **self.environment, **more}

    def __call__(self, name: str, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run to the end."""
        patience = 10 * PATIENCE if "--ablate" in words else 2 * PATIENCE  # it says itself that it takes minutes
        return subprocess.run(self.argv(name, *words), env=self.env(**env), capture_output=True, text=True,
                              timeout=patience, check=False, stdin=subprocess.DEVNULL)  # fmt: skip

    def run(self, *command: str, **env: str) -> "subprocess.CompletedProcess[str]":
        return self("run", "--", *command, **env)

    @contextmanager
    def up(self, *words: str, app: str = "canary", **env: str) -> Iterator["Running"]:
        """A foreground `up` that answers and is logged in to; ended with SIGTERM unless the test ended it."""
        process = subprocess.Popen(self.argv("up", f"--app={app}", "--port=0", *words), env=self.env(**env),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            login = process.stdout.readline().strip()
            assert login.startswith("http"), f"up said {login!r} and {process.stderr.read()}"
            running = Running(self, process, login.partition("catalyst/login")[0], login)
            running.wait()
            yield running
        finally:
            if process.poll() is None:
                process.terminate()
            process.communicate(timeout=PATIENCE)


def fake_comfyui(folder: Path, first: str) -> tuple[str, ...]:
    """Options for a checkout whose program runs `first` and then answers as ComfyUI does: a hostile node, in short."""
    folder.mkdir()
    (folder / "comfyui_version.py").write_text('__version__ = "99.0.0"\n')
    (folder / "main.py").write_text(f"import os, signal, socket, sys, threading, time\n{first}\n{FAKE_SERVER}")
    return (f"--comfyui={folder}", "--python=/usr/bin/python3")


FAKE_SERVER = """
import http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"{}")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Page).serve_forever()
"""


@dataclass
class Running:
    """A foreground `up`. `login` is the address that it printed, which logs in once."""

    catalyst: Catalyst
    process: "subprocess.Popen[str]"
    url: str
    login: str

    @cached_property
    def token(self) -> str:
        """A bearer token of this test's own."""
        done = self.catalyst("token", "new", f"test-{os.urandom(4).hex()}")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> Any:
        """The open answer to a request with the token; HTTPError for a refusal."""
        named = {"Authorization": f"Bearer {self.token}", **{key.replace("_", "-"): value for key, value in headers.items()}}
        return urlopen(Request(self.url + path, body, named), timeout=120, context=UNVERIFIED)

    def get(self, path: str) -> Any:
        """The JSON at a path."""
        with self.ask(path) as reply:
            return json.load(reply)

    def wait(self) -> None:
        """Until what is behind the gateway answers."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            try:
                self.ask("system_stats").close()
            except (HTTPError, URLError):
                time.sleep(0.05)
            else:
                return
        self.process.terminate()
        raise AssertionError(f"it did not answer: {self.process.communicate(timeout=PATIENCE)}")


def descendants(pid: int) -> list[int]:
    """Everything below `pid`, oldest first."""
    try:
        below = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return below + [deeper for child in below for deeper in descendants(child)]


def status(pid: int | str) -> dict[str, str]:
    """/proc/PID/status; empty when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def guards_of(uid: int) -> list[int]:
    """Pids of the guards, doormen and launchers that run as `uid`: other instances on the machine are not ours."""
    found = with_argument("/opt/catalyst/catalyst/guard/__main__.py")
    return [pid for pid in found if status(pid).get("Uid", "").split() == [str(uid)] * 4]


def with_argument(text: str) -> list[int]:
    """Pids whose command line holds `text`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if text in (folder / "cmdline").read_bytes().decode(errors="replace") and int(folder.name) != os.getpid():
                found.append(int(folder.name))
        except OSError:
            continue
    return found
