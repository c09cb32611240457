"""A site on loopback that misbehaves as it is told, and fetches from it: of one file, or all of it without a sandbox.

`python tests/fetching.py SITE DATA SOURCE…` fetches as the command does, but its downloader runs unconfined: what happens to
the sandbox is tests/live/test_fetch.py's.
"""

import hashlib
import http.server
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from live.model_sites import safetensors

COMMIT = "0123456789abcdef0123456789abcdef01234567"
BODY = safetensors("lora_up.weight", size=400_000)
PATH = f"/o/r/resolve/{COMMIT}/m.safetensors"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Site:
    """Files of one repository `o/r` by their path; `behave(request number, handler)` may answer itself, and says so."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"m.safetensors": BODY}
        self.behave: Callable[[int, Page], bool] = lambda _number, _page: False
        self.asked: list[tuple[str, str]] = []  # path, Range
        self.hashes = True
        self.url = ""

    def listing(self) -> bytes:
        """The hub's answer about the repository."""
        return json.dumps({"sha": COMMIT, "siblings": [
            {"rfilename": name, "size": len(data),
             "lfs": {"size": len(data), "sha256": sha256(data)} if self.hashes else None}
            for name, data in self.files.items()
        ]}).encode()  # fmt: skip


class Page(http.server.BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    site: Site
    pause = 0.0  # s between two pieces of a body

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/api/models/o/r/revision/"):
            self.send(200, self.site.listing())
            return
        self.site.asked.append((path, self.headers.get("Range", "")))
        if self.site.behave(len(self.site.asked), self):
            return
        body = self.site.files.get(path.removeprefix(f"/o/r/resolve/{COMMIT}/"))
        if body is None:
            self.send(404, b"")
        else:
            self.file(body)

    def file(self, body: bytes, *, cut: int | None = None, etag: str = "") -> bool:
        """A file, or the part that is asked for; the connection breaks after `cut` bytes of the body. True."""
        etag = etag or f'"{sha256(body)[:16]}"'
        asked, start, status, more = self.headers.get("Range", ""), 0, 200, {}
        if asked and self.headers.get("If-Range", etag) == etag:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), int(last or len(body) - 1)
            if start >= len(body):
                return self.send(416, b"", {"Content-Range": f"bytes */{len(body)}"})
            status, more = 206, {"Content-Range": f"bytes {start}-{min(end, len(body) - 1)}/{len(body)}"}
            body = body[: end + 1]
        return self.send(status, body[start:], {"ETag": etag, **more}, cut=cut)

    def send(
        self, status: int, body: bytes, fields: Mapping[str, str] | None = None, *, cut: int | None = None,
        length: int | None = None,
    ) -> bool:  # fmt: skip
        """Any answer; `length` is what it says of itself. True, so that a behaviour is one expression."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body) if length is None else length), **(fields or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            sent = body if cut is None else body[:cut]
            for at in range(0, len(sent), 20_000 if self.pause else len(sent) + 1):
                self.wfile.write(sent[at : at + 20_000] if self.pause else sent)
                self.wfile.flush()
                if self.pause:
                    time.sleep(self.pause)
        except OSError:
            self.close_connection = True
        if cut is not None or length is not None:
            self.close_connection = True
        return True


class Server(http.server.ThreadingHTTPServer):
    """A client that goes away is nothing to speak of."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def site() -> Iterator[Site]:
    """A site that listens on a port of its own."""
    found = Site()
    server = Server(("127.0.0.1", 0), type("P", (Page,), {"site": found}))
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def item(body: bytes = BODY, **changes: Any) -> dict[str, Any]:
    """A download of PATH, of which everything is known."""
    return {"id": "a" * 24, "site": "hf", "url": PATH, "size": len(body), "sha256": sha256(body), "most": 1 << 30, **changes}


def get(folder: Path, found: Site, seconds: float = 60.0, **changes: Any) -> bytes:
    """Download it here; the bytes of the part. Raises Failed."""
    from catalyst.fetcher import part

    one = item(**changes)
    size, digest = part.download(str(folder), found.url, one, lambda _: None, time.monotonic() + seconds)
    data = (folder / f"{one['id']}.part").read_bytes()
    assert (size, digest) == (len(data), sha256(data))
    return data


def fetch(url: str, data: Path, sources: Sequence[str], env: Mapping[str, str] = {}, **options: Any) -> Any:
    """The report of the whole command, its downloader unconfined."""
    import catalyst
    from catalyst.engine import process
    from catalyst.fetcher.main import KEY
    from catalyst.instance import alone, downloads, fetch, job, wanted
    from catalyst.settings import load
    from catalyst.workloads import interpreter

    @contextmanager
    def opened(_settings: object, _engine: object, make: Any, **_: object) -> Iterator[Any]:
        workload = make(None, interpreter.own())
        yield mock.Mock(run=lambda line, *_, **__: run(workload, line), tokens=list)

    def run(workload: Any, line: Any) -> job.Ended:
        package = str(Path(catalyst.__file__).parent / "fetcher")
        request = f"{workload.mounts[-1].source}/request.json"
        start = mock.patch.object(process, "environment", return_value={KEY: workload.env[KEY]})
        with start:
            child = process.start([sys.executable, "-I", "-S", f"{package}/__main__.py", request], stdin=process.NULL,
                                  session=False)  # fmt: skip
        assert child.stdout
        for one in child.stdout:
            line(one)
        child.stdout.close()
        return job.Ended(child.wait())

    settings = load({"data": str(data), "user": f"{os.geteuid() or 1000}"}, environ=env)
    reading, writing = os.pipe()
    sites = {"hf": url, "civitai": url}
    # The sandbox and the site are the two things that are different.
    with mock.patch.object(job, "opened", opened), mock.patch.object(downloads, "SITES", sites):
        try:
            return fetch.fetch(settings, wanted.named(sources), lambda _: None, lambda *_: None, reading,
                               engine=alone.ALONE, **options)  # fmt: skip
        finally:
            os.close(reading)
            os.close(writing)


def models(data: Path) -> dict[str, bytes]:
    """Everything below the models folder that is not in the staging folder."""
    root = data / "models"
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*"))
            if path.is_file() and ".fetch" not in path.parts}  # fmt: skip


if __name__ == "__main__":
    done = fetch(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
    print(json.dumps([[one.path, one.state.value, one.why] for one in done.outcomes]))
