"""Real clients under supervision, through a small broker: allowed, they work as without it; refused, they say so at once."""

import importlib.util
import os
import shutil
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from supervised import Broker, broker, run

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes namespaces")
ALLOWED, REFUSED = "http://203.0.113.7:8000/", "http://203.0.113.9:8000/"

LIBRARIES = {
    "urllib": "import urllib.request\ndef get(url): return urllib.request.urlopen(url, timeout=20).read().decode()",
    "urllib3": """import urllib3
def get(url): return urllib3.PoolManager(retries=False, timeout=20).request("GET", url).data.decode()""",
    "requests": "import requests\ndef get(url): return requests.get(url, timeout=20).text",
    "httpx": "import httpx\ndef get(url): return httpx.get(url, timeout=20).text",
    "httpx-async": """import asyncio, httpx
def get(url):
    async def work():
        async with httpx.AsyncClient(timeout=20) as client: return (await client.get(url)).text
    return asyncio.run(work())""",
    "aiohttp": """import asyncio, aiohttp
def get(url):
    async def work():
        async with aiohttp.ClientSession(trust_env=False) as session:
            async with session.get(url) as response: return await response.text()
    return asyncio.run(work())""",
    "asyncio": """import asyncio, urllib.parse
def get(url):
    async def work():
        to = urllib.parse.urlsplit(url)
        reader, writer = await asyncio.wait_for(asyncio.open_connection(to.hostname, to.port), 20)
        writer.write(b"GET / HTTP/1.0\\r\\n\\r\\n"); said = await reader.read(); writer.close()
        return said.partition(b"\\r\\n\\r\\n")[2].decode()
    return asyncio.run(work())""",
    "raw": """def get(url):
    s = socket.create_connection(tuple(url[7:-1].split(":")), 20); s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n"); said = b""
    while part := s.recv(4096): said += part
    return said.partition(b"\\r\\n\\r\\n")[2].decode()""",
}
ASK = f"""
def whole(error):
    inner = [error.__cause__ or error.__context__, *getattr(error, "exceptions", ())]
    return " ".join([repr(error), *(whole(one) for one in inner if one)])
begun = time.monotonic()
say(allowed=get({ALLOWED!r}))
try: refused = get({REFUSED!r})
except Exception as error: refused = whole(error)
say(refused=refused, seconds=time.monotonic() - begun)
"""


class _Site(BaseHTTPRequestHandler):
    """Says hello; is a git repository and an index of packages besides."""

    folder: Path

    def do_GET(self) -> None:
        path = self.folder / self.path.partition("?")[0].lstrip("/")
        if path.is_dir() and (path / "index.html").is_file():
            path = path / "index.html"
        self.send_response(200 if path == self.folder or path.is_file() else 404)
        text = b"hello" if path == self.folder else path.read_bytes() if path.is_file() else b""
        self.send_header("Content-Type", "text/html" if path.suffix == ".html" else "application/octet-stream")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- its name in the standard library
        pass


@pytest.fixture
def door(tmp_path: Path) -> Any:
    site = tmp_path / "site"
    site.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Site", (_Site,), {"folder": site}))
    Thread(target=server.serve_forever, daemon=True).start()
    with broker(tmp_path, to={"203.0.113.7:8000": server.server_address[1]}) as made:
        yield made
    server.shutdown()
    server.server_close()


def _where(module: str) -> str:
    """The folder this interpreter has `module` in, so that the other one finds it."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        pytest.skip(f"{module} is not installed")
    return str(Path(spec.origin).parent.parent)


@pytest.mark.parametrize("client", LIBRARIES)
def test_libraries(tmp_path: Path, door: Broker, client: str) -> None:
    module = client.partition("-")[0]
    foreign = module in {"urllib3", "requests", "httpx", "aiohttp"}
    more: dict[str, Any] = {"env": {"PATH": "/usr/bin:/bin", "PYTHONPATH": _where(module)}} if foreign else {}
    found = run(tmp_path, LIBRARIES[client] + ASK, door.path, **more).found
    assert found["allowed"] == "hello"
    assert "Permission" in found["refused"] or "Errno 13" in found["refused"], found["refused"]
    assert found["seconds"] < 15


def test_many_at_once_in_one_loop(tmp_path: Path, door: Broker) -> None:
    door.pause = 0.3
    text = LIBRARIES["asyncio"].replace("def get", "def unused") + f"""
async def one():
    reader, writer = await asyncio.open_connection("203.0.113.7", 8000)
    writer.write(b"GET / HTTP/1.0\\r\\n\\r\\n"); said = await reader.read(); writer.close()
    return said.endswith(b"hello")
async def all_of_them(): return await asyncio.gather(*(one() for _ in range(40)))
begun = time.monotonic(); done = asyncio.run(all_of_them()); say(good=sum(done), quick=time.monotonic() - begun < 0.3 * 20)
async def late():
    try: await asyncio.wait_for(asyncio.open_connection("203.0.113.7", 8000), 0.1)
    except TimeoutError: return "timed out"
say(late=asyncio.run(late()), allowed={ALLOWED!r})
"""
    found = run(tmp_path, text, door.path).found
    assert (found["good"], found["quick"], found["late"]) == (40, True, "timed out")


PROGRAMS = """
import subprocess
def go(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=50, stdin=subprocess.DEVNULL)
    return [done.returncode, done.stdout + done.stderr]
os.chdir(os.environ["HOME"])
"""


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl(tmp_path: Path, door: Broker) -> None:
    text = PROGRAMS + f"""
say(allowed=go("curl", "-sS", {ALLOWED!r}), refused=go("curl", "-sS", "-m", "20", {REFUSED!r}))
"""
    found = _run_at_home(tmp_path, text, door)
    assert found["allowed"] == [0, "hello"]
    assert found["refused"][0] == 7
    assert "ould not connect" in found["refused"][1] or "ailed to connect" in found["refused"][1]


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_git_over_http(tmp_path: Path, door: Broker) -> None:
    source, bare = tmp_path / "source", tmp_path / "site/code.git"
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "init", "-q", str(source)], check=True)
    (source / "README").write_text("hello")
    for words in (["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, "-C", str(source), *words], check=True)
    subprocess.run([*git, "clone", "-q", "--bare", str(source), str(bare)], check=True)
    subprocess.run([*git, "-C", str(bare), "update-server-info"], check=True)
    text = PROGRAMS + f"""
say(allowed=go("git", "clone", "-q", "{ALLOWED}code.git", "here"), refused=go("git", "clone", "-q", "{REFUSED}code.git"))
say(file=open("here/README").read())
"""
    found = _run_at_home(tmp_path, text, door)
    assert (found["allowed"][0], found["file"]) == (0, "hello")
    assert found["refused"][0] == 128
    assert "onnect to" in found["refused"][1]


def test_pip(tmp_path: Path, door: Broker) -> None:
    if subprocess.run(["/usr/bin/python3", "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        pytest.skip("the system's Python has no pip")
    _wheel(tmp_path / "site/simple/catalyst-test-package")
    words = '"-m", "pip", "download", "--no-deps", "--retries", "1", "--disable-pip-version-check", "--no-cache-dir"'
    text = PROGRAMS + f"""
def pip(url):
    return go("/usr/bin/python3", {words}, "--trusted-host", url[7:-6], "-i", url + "simple", "catalyst-test-package")
say(allowed=pip({ALLOWED!r}), refused=pip({REFUSED!r}), files=[name for name in os.listdir(".") if name.endswith("whl")])
"""
    found = _run_at_home(tmp_path, text, door)
    assert found["allowed"][0] == 0, found["allowed"]
    assert found["files"] == ["catalyst_test_package-1.0-py3-none-any.whl"]
    assert found["refused"][0] != 0
    assert "Permission denied" in found["refused"][1]


def _wheel(folder: Path) -> None:
    import zipfile

    folder.mkdir(parents=True)
    name = "catalyst_test_package-1.0-py3-none-any.whl"
    with zipfile.ZipFile(folder / name, "w") as wheel:
        info = "catalyst_test_package-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: catalyst-test-package\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    (folder / "index.html").write_text(f'<a href="{name}">{name}</a>')


def _run_at_home(tmp_path: Path, text: str, door: Broker) -> dict[str, Any]:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o777)
    return run(tmp_path, text, door.path, env={"PATH": "/usr/bin:/bin", "HOME": str(home)}).found
