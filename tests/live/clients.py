"""Runs in the sandbox: every client asks for one address and says what came of it, as a line of JSON.

`python clients.py CA URL FOLDER [NAME…]`: `FOLDER` is one that pip may write to; all clients, or those that are named. A
client whose program or package is not there says "absent". Time-outs are 20 s: a refusal has to come long before.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

CA, URL, FOLDER = sys.argv[1:4]
WITHIN = 20
for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    os.environ[variable] = CA
HOST = urlsplit(URL).netloc


def by_urllib() -> str:
    from urllib.request import urlopen

    with urlopen(URL, timeout=WITHIN) as answer:
        return str(answer.read().decode())


def by_requests() -> str:
    import requests

    return str(requests.get(URL, timeout=WITHIN).text)


def by_httpx() -> str:
    import httpx

    return str(httpx.get(URL, timeout=WITHIN).text)


def by_aiohttp() -> str:
    """Without trust_env: it would not look at proxy variables."""
    import ssl

    import aiohttp

    async def get() -> str:
        timeout = aiohttp.ClientTimeout(WITHIN)
        context = ssl.create_default_context(cafile=CA)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(URL, ssl=context) as answer:
            return str(await answer.text())

    return asyncio.run(get())


def by_huggingface_hub() -> str:
    os.environ["HF_ENDPOINT"] = f"https://{HOST}"
    from huggingface_hub import hf_hub_download

    return Path(hf_hub_download("owner/model", "config.json", cache_dir=f"{FOLDER}/hub", etag_timeout=WITHIN)).read_text()


def program(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=WITHIN + 10)
    if done.returncode:
        raise OSError(" / ".join(done.stderr.strip().splitlines()[-3:]))
    return done.stdout


def by_curl() -> str:
    return program("curl", "-sS", "--max-time", str(WITHIN), "--cacert", CA, URL)


def by_git() -> str:
    return program("git", "-c", f"http.sslCAInfo={CA}", "ls-remote", f"https://{HOST}/owner/repository")


def by_pip() -> str:
    return program(sys.executable, "-m", "pip", "download", "--no-cache-dir", "--disable-pip-version-check", "--no-deps",
                   "--retries", "0", "--timeout", str(WITHIN), "--cert", CA, "-d", FOLDER,
                   "--index-url", f"https://{HOST}/simple/", "inert")  # fmt: skip


CLIENTS: dict[str, Callable[[], str]] = {
    "urllib": by_urllib, "requests": by_requests, "httpx": by_httpx, "aiohttp": by_aiohttp,
    "huggingface_hub": by_huggingface_hub, "curl": by_curl, "git": by_git, "pip": by_pip,
}  # fmt: skip


def there(name: str) -> bool:
    """Its package or its program is."""
    return shutil.which(name) is not None if name in {"curl", "git"} else find_spec(name) is not None


for name, ask in CLIENTS.items():
    if sys.argv[4:] and name not in sys.argv[4:]:
        continue
    begin = time.monotonic()
    if not there(name):
        said: dict[str, object] = {"absent": True}
    else:
        try:
            said = {"got": ask()[:200]}
        except Exception as error:
            said = {"error": f"{type(error).__name__}: {error}"[-700:]}
    print(json.dumps({"client": name, **said, "seconds": round(time.monotonic() - begin, 2)}), flush=True)
