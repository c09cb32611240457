"""The gateway against no proxy, Caddy and nginx, in one run on this machine.

    python bench/gateway.py [--seconds 5] [--bytes 1073741824] [--comfyui DIR:PYTHON]

All four lead to the same aiohttp server, as ComfyUI is one: requests a second and latency by wrk with 32 connections on
4 KiB, one large body each way by curl, websocket round trips. With --comfyui also the real front end in Chromium, its
files and ComfyUI's own answers, in front of a real sandbox; "direct" is then the byte relay that stood there before the
login.
"""

import argparse
import asyncio
import multiprocessing
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import aiohttp
from aiohttp import web

from gateways import config, document

NGINX = """daemon off; master_process off; error_log stderr crit; pid {folder}/nginx.pid; worker_rlimit_nofile 4096;
events {{ worker_connections 2048; }}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder}; client_max_body_size 0;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  upstream inside {{ server 127.0.0.1:{inside}; keepalive 64; }}
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://inside; proxy_http_version 1.1;
    proxy_set_header Connection $connection_upgrade; proxy_set_header Upgrade $http_upgrade;
    proxy_buffering off; proxy_request_buffering off; }} }} }}
"""
CADDY = "{{\n\tadmin off\n\tauto_https off\n}}\nhttp://127.0.0.1:{port} {{\n\treverse_proxy 127.0.0.1:{inside}\n}}\n"
BLOCK = os.urandom(1 << 20)
# Nothing but this machine: without a policy the front end calls home, and waits for it.
RESOLVER = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
Numbers = dict[str, float]


def serve(door: str, port: int) -> None:
    """What stands for ComfyUI, on a unix socket and on a port."""
    small = os.urandom(4096)

    async def answer(request: web.Request) -> web.StreamResponse:
        match request.path:
            case "/ws":
                made = web.WebSocketResponse(max_msg_size=1 << 26)
                await made.prepare(request)
                async for message in made:
                    await made.send_bytes(message.data)
                return made
            case "/big":
                reply = web.StreamResponse(headers={"Content-Length": request.query["bytes"]})
                await reply.prepare(request)
                for _ in range(int(request.query["bytes"]) >> 20):
                    await reply.write(BLOCK)
                return reply
            case "/upload":
                length = 0
                async for chunk in request.content.iter_any():
                    length += len(chunk)
                return web.json_response({"length": length})
            case _:
                return web.Response(body=small)

    async def run() -> None:
        app = web.Application(client_max_size=1 << 40)
        app.router.add_route("*", "/{rest:.*}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.UnixSite(runner, door, backlog=1024).start()
        await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
        await asyncio.sleep(1e9)

    asyncio.run(run())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def ended(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def until(port: int) -> None:
    """Somebody listens there."""
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nobody listens on port {port}")


def ready(port: int) -> None:
    """The gateway answers, and has found what stands for ComfyUI."""
    for _ in range(400):
        with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/readyz"):
            return
        time.sleep(0.05)
    raise SystemExit("the gateway does not answer")


def ours(stack: ExitStack, folder: Path) -> tuple[int, str]:
    """The gateway in front of `folder`/door; its port and a token."""
    from catalyst.services.gateway.state import State

    (folder / "state").mkdir(mode=0o700)
    state = State(folder / "state")
    token = state.make_token("bench")
    state.close()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        opened = {"listener": listener.fileno(), "door": os.open(folder / "door", os.O_PATH),
                  "state": os.open(folder / "state", os.O_PATH), "disk": os.open(folder, os.O_PATH),
                  "config": document(config(most_upload=1 << 40).encode()), "posture": document(b"{}")}  # fmt: skip
        words = [word for name, number in opened.items() for word in (f"--{name}", str(number))]
        process = subprocess.Popen([sys.executable, "-P", "-m", "catalyst.services.gateway", *words], stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, pass_fds=list(opened.values()),
                                   env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")})  # fmt: skip
        stack.enter_context(ended(process))
        assert process.stdin
        process.stdin.write(b'{"state": "ready"}\n')
        process.stdin.flush()
        return listener.getsockname()[1], token or ""


def peer(stack: ExitStack, folder: Path, name: str, inside: int) -> int:
    """Caddy or nginx in front of `inside`; its port."""
    port = free_port()
    file = folder / f"{name}.conf"
    file.write_text((NGINX if name == "nginx" else CADDY).format(folder=folder, port=port, inside=inside))
    argv = {"nginx": ["nginx", "-c", str(file), "-p", str(folder)],
            "caddy": ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]}[name]  # fmt: skip
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, "HOME": str(folder)})  # fmt: skip
    stack.enter_context(ended(process))
    until(port)
    return port


def wrk(url: str, headers: list[str], seconds: int) -> Numbers:
    """Requests a second and latencies in ms."""
    more = [word for header in headers for word in ("-H", header)]
    done = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}s", "--latency", *more, url],
                          capture_output=True, text=True, check=True)  # fmt: skip
    if "Non-2xx" in done.stdout:
        raise SystemExit(f"{url} was refused:\n{done.stdout}")
    latency = {name: float(number) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[unit]
               for name, number, unit in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)", done.stdout)}  # fmt: skip
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    return {"req/s": float(rate[1]) if rate else 0.0, "p50 ms": latency["50"], "p99 ms": latency["99"]}


def curl(url: str, headers: list[str], *words: str) -> float:
    """MB/s of one transfer."""
    more = [word for header in headers for word in ("-H", header)]
    done = subprocess.run(["curl", "-sf", "-o", "/dev/null", "-w", "%{speed_download} %{speed_upload}", *more, *words, url],
                          capture_output=True, text=True, check=True)  # fmt: skip
    return max(map(float, done.stdout.split())) / 1e6


async def sockets(url: str, headers: dict[str, str]) -> Numbers:
    """Round trips of 200 bytes in µs, and MB/s of previews of 300 kB."""
    async with (
        aiohttp.ClientSession(headers=headers) as session, session.ws_connect(f"{url}/ws", max_msg_size=1 << 26) as one,
    ):  # fmt: skip
        times = []
        for _ in range(2000):
            began = time.perf_counter()
            await one.send_bytes(b"x" * 200)
            await one.receive_bytes()
            times.append(time.perf_counter() - began)
        began = time.perf_counter()
        for _ in range(300):
            await one.send_bytes(BLOCK[:300_000])
            await one.receive_bytes()
        rate = 300 * 0.6 / (time.perf_counter() - began)
    return {"ws p50 µs": statistics.median(times) * 1e6, "ws MB/s": rate}


def measure(url: str, token: str, seconds: int, size: int, file: Path) -> Numbers:
    headers = [f"Authorization: Bearer {token}"] if token else []
    found = wrk(f"{url}/small", headers, seconds)
    found["down MB/s"] = curl(f"{url}/big?bytes={size}", headers)
    found["up MB/s"] = curl(f"{url}/upload", headers, "-T", str(file), "-X", "POST", "-H", "Expect:")
    return found | asyncio.run(sockets(url, dict(header.split(": ") for header in headers)))


def stubbed(seconds: int, size: int, rounds: int) -> None:
    """The table in front of the stub: medians of `rounds`, the four taking turns."""
    with tempfile.TemporaryDirectory() as made, ExitStack() as stack:
        folder = Path(made)
        (folder / "door").mkdir()
        file, inside = folder / "file", free_port()
        with file.open("wb") as stream:
            stream.truncate(size)
        spawned, where = multiprocessing.get_context("spawn"), (str(folder / "door/in.sock"), inside)
        server = spawned.Process(target=serve, args=where, daemon=True)
        server.start()
        stack.callback(server.terminate)
        until(inside)
        port, token = ours(stack, folder)
        ready(port)
        peers = {name: peer(stack, folder, name, inside) for name in ("caddy", "nginx")}
        ports = {"direct": inside, "gateway": port, **peers}
        time.sleep(1)
        found: dict[str, list[Numbers]] = {name: [] for name in ports}
        for _ in range(rounds):
            for name, one in ports.items():
                shown = token if name == "gateway" else ""
                found[name].append(measure(f"http://127.0.0.1:{one}", shown, seconds, size, file))
        table({name: middle(some) for name, some in found.items()})


def middle(some: list[Numbers]) -> Numbers:
    return {key: statistics.median(one[key] for one in some) for key in some[0]}


def table(found: dict[str, Numbers]) -> None:
    """Each number, and its ratio to direct."""
    keys = list(next(iter(found.values())))
    print("| | " + " | ".join(keys) + " |\n|---|" + "---|" * len(keys))
    for name, numbers in found.items():
        cells = [f"{numbers[key]:.3g} ({numbers[key] / found['direct'][key]:.2f})" for key in keys]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def page_loads(url: str, login: str, count: int) -> float:
    """Median seconds until the front end's graph is there, each time with an empty cache."""
    from playwright.sync_api import sync_playwright

    took = []
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", RESOLVER])
        context = browser.new_context()
        if login:
            page = context.new_page()
            page.goto(login)
            page.wait_for_url(url)
            page.close()
        for number in range(count + 1):
            page = context.new_page()
            session = context.new_cdp_session(page)
            session.send("Network.setCacheDisabled", {"cacheDisabled": True})
            began = time.perf_counter()
            page.goto(url)
            # Not at each frame, which is the default: without a GPU there are few.
            there = "window.app && window.app.graph && window.app.extensionManager"
            page.wait_for_function(there, polling=50, timeout=120_000)
            if number:  # the first one warms ComfyUI
                took.append(time.perf_counter() - began)
            page.close()
        browser.close()
    return statistics.median(took)


def real(given: str, seconds: int, rounds: int) -> None:
    """In front of ComfyUI in its sandbox."""
    from catalyst.guard import relay
    from catalyst.instance.store import Store
    from support import Catalyst, forget

    tree, _, python = given.partition(":")
    with tempfile.TemporaryDirectory() as made:
        os.chmod(made, 0o755)  # noqa: PTH101 -- the workload's user passes through it
        catalyst = Catalyst("bwrap", Path(made) / "data")
        words = (f"--comfyui={tree}", f"--python={python}", "--comfyui-flags=--cpu")
        with catalyst.up(*words, app="comfyui", NETWORK_MODE="isolated") as running:
            door = Store(str(catalyst.data)).session / "door/in.sock"
            listener = socket.create_server(("127.0.0.1", 0), backlog=512)
            threading.Thread(target=relay.serve, args=(listener, partial(through, door)), daemon=True).start()
            direct = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            ways = {"direct": (direct, []), "gateway": (running.url, [f"Authorization: Bearer {running.token}"])}
            found: dict[str, list[Numbers]] = {name: [] for name in ways}
            paths = ["system_stats", "queue", "object_info", *scripts(direct)]
            for _ in range(rounds):
                for name, (url, headers) in ways.items():
                    asked = {f"/{path} req/s": wrk(url + path, headers, seconds)["req/s"] for path in paths}
                    login = catalyst("token", "link").stdout.strip() if headers else ""
                    found[name].append({**asked, "page load s": page_loads(url, login, 3)})
            table({name: middle(some) for name, some in found.items()})
        forget(catalyst.data)


def scripts(url: str) -> list[str]:
    """The front end's page and the first script it names."""
    with urlopen(url) as reply:
        found = re.search(r'<script[^>]* src="\./([^"]+)"', reply.read().decode())
    return ["index.html", *([found[1]] if found else [])]


def through(door: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.connect(str(door))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--bytes", type=int, default=1 << 30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--comfyui", default="", help="DIR:PYTHON")
    parser.add_argument("--only-comfyui", action="store_true", help="leave the stub out")
    options = parser.parse_args()
    if not options.only_comfyui:
        stubbed(options.seconds, options.bytes, options.rounds)
    if options.comfyui:
        print()
        real(options.comfyui, options.seconds, options.rounds)


if __name__ == "__main__":
    main()
