"""Runs in the sandbox: uses tokens by every client there is, then looks for them; a JSON object a line.

`python token_clients.py < PATTERNS`, as for token_search.py beside it. With a further argument it plants the token first.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.request import Request, urlopen

PATTERN = sys.stdin.read().strip()
HERE = Path(__file__).parent
THIEF = "Bearer hf_thieves_own_0123456789"
CIVITAI = "https://civitai.com/api/download/models/1"


def by_hub() -> str:
    from huggingface_hub import hf_hub_download

    path = hf_hub_download("owner/gated", "model.safetensors", cache_dir="/tmp/hub")
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def by_requests() -> str:
    import requests

    return hashlib.sha256(requests.get(f"{CIVITAI}?token=hf_thieves_own", timeout=30).content).hexdigest()


def by_httpx() -> str:
    import httpx

    return hashlib.sha256(httpx.get(CIVITAI, follow_redirects=True, timeout=30).content).hexdigest()


def by_aiohttp() -> str:
    import asyncio

    import aiohttp

    async def get() -> bytes:
        async with aiohttp.ClientSession() as session, session.get(CIVITAI) as answer:
            return await answer.read()

    return hashlib.sha256(asyncio.run(get())).hexdigest()


def by_urllib() -> str:
    """It takes a header of the caller's to the other host of a redirect, and that host refuses it."""
    with urlopen(CIVITAI, timeout=30) as answer:
        return hashlib.sha256(answer.read()).hexdigest()


def by_the_systems_bundle() -> str:
    """As programs do that look at no variable."""
    import ssl

    context = ssl.create_default_context(cafile="/etc/ssl/certs/ca-certificates.crt")
    with urlopen(CIVITAI, timeout=30, context=context) as answer:
        return hashlib.sha256(answer.read()).hexdigest()


def by_urllib_with_a_header() -> str:
    with urlopen(Request(CIVITAI, headers={"Authorization": THIEF}), timeout=30) as answer:
        return hashlib.sha256(answer.read()).hexdigest()


def whoami() -> str:
    import requests

    return str(requests.get("https://huggingface.co/api/whoami-v2", timeout=30).text)


def xet() -> str:
    """A token of Xet's would be a credential; without ours the host gives none."""
    import requests

    found = [requests.get(f"{base}/api/models/owner/gated/{what}/main", timeout=30).text
             for base in (os.environ["HF_ENDPOINT"], "https://huggingface.co")
             for what in ("xet-read-token", "xet-write-token", "xet%2Dwrite%2Dtoken")]
    return " ".join(found)


def echo() -> str:
    import requests

    return str(requests.get("https://echo.example.net/", timeout=30).text)


def echo_in_pieces() -> str:
    import requests

    return str(requests.get("https://echo.example.net/", headers={"Accept-Encoding": "gzip"}, timeout=30).text)


def elsewhere() -> str:
    """A host without a token, asked with a header of the program's own."""
    import requests

    return str(requests.get("https://owner.example.net/x", headers={"Authorization": "own"}, timeout=30).text)


def program(*words: str) -> Callable[[], str]:
    def call() -> str:
        if not shutil.which(words[0]):
            return "absent"
        done = subprocess.run(words, capture_output=True, timeout=60)
        if done.returncode:
            raise OSError(done.stderr.decode(errors="replace")[-300:])
        return hashlib.sha256(done.stdout).hexdigest()

    return call


CLIENTS: dict[str, Callable[[], str]] = {
    "huggingface_hub": by_hub, "requests": by_requests, "httpx": by_httpx, "aiohttp": by_aiohttp, "urllib": by_urllib,
    "urllib, a header": by_urllib_with_a_header, "curl": program("curl", "-sSL", "--max-time", "30", CIVITAI),
    "wget": program("wget", "-q", "-O-", CIVITAI), "the system's bundle": by_the_systems_bundle,
    "whoami": whoami, "xet": xet, "echo": echo, "echo, compressed": echo_in_pieces, "elsewhere": elsewhere,
}


def search() -> dict[str, object]:
    found = subprocess.run([sys.executable, str(HERE / "token_search.py")], input=PATTERN, capture_output=True, text=True)
    return dict(json.loads(found.stdout)) if found.stdout else {"error": found.stderr[-500:]}


for name, ask in CLIENTS.items():
    try:
        print(json.dumps({"client": name, "got": ask()}), flush=True)
    except Exception as error:
        print(json.dumps({"client": name, "error": f"{type(error).__name__}: {error}"[-300:]}), flush=True)
if sys.argv[1:]:
    value = bytes.fromhex(PATTERN.split()[0][::-1]).decode()
    Path("/tmp/planted").write_text(f"x{value}")
    kept = [value]
    subprocess.Popen(["sleep", "60"], env={"HF_TOKEN": value})  # it ends with the sandbox
print(json.dumps({"client": "search", **search()}), flush=True)
